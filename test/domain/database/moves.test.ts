import { describe, expect, it } from 'vitest';
import type { Move, MoveFacts } from '../../../lib/domain/database/move.ts';
import { givesName, whoIsWho } from '../../../lib/domain/database/move.ts';
import { nextMove } from '../../../lib/domain/database/moves.ts';
import { database, facts, restored, TARGET } from './builders.ts';

const { restoredName, keptName } = TARGET;
const KEPT = { RollbackId: 'shop-1', RollbackService: 'kept' };
const protectedOne = { deletionProtection: true };
const stranger = (identifier: string) => database({ identifier, resourceId: 'db-STRANGER' });

const prepare = (changes: Partial<MoveFacts>) => nextMove({ action: 'prepare', ...facts(changes) });
const apply = (changes: Partial<MoveFacts>) => nextMove({ action: 'apply', ...facts(changes) });
const undo = (changes: Partial<MoveFacts>) => nextMove({ action: 'undo', ...facts(changes) });
const kept = (changes: Parameters<typeof database>[0] = {}) => database({ identifier: keptName, ...changes });
const promoted = (changes: Parameters<typeof database>[0] = {}) => restored({ identifier: 'shop', ...changes });
const cause = (move: Move) => (move.move === 'failed' ? move.cause : `not failed: ${move.move}`);

describe('to prepare', () => {
  it('restores when there is nothing yet', () => {
    expect(prepare({ restored: null, work: {} })).toMatchObject({ move: 'restore', source: { identifier: 'shop' } });
  });

  it('waits, modifies what differs, and is done when nothing does', () => {
    expect(prepare({ restored: restored({ status: 'creating', address: null }) })).toEqual({ move: 'wait' });
    expect(prepare({ restored: restored({ pending: ['MultiAZ'] }) })).toEqual({ move: 'wait' });
    const different = restored({ settings: { backupRetentionDays: 1 } });
    expect(prepare({ restored: different })).toMatchObject({ move: 'modify', changes: { backupRetentionDays: 7 } });
    expect(prepare({})).toEqual({ move: 'done' });
    for (const status of ['storage-optimization', 'storage-initialization'])
      expect(prepare({ restored: restored({ status }) })).toEqual({ move: 'done' });
  });

  it.each(['failed', 'incompatible-restore', 'incompatible-network', 'insufficient-capacity', 'storage-full', 'stopped'])(
    'fails for good in the state %s',
    (status) => {
      expect(cause(prepare({ restored: restored({ status }) }))).toContain(`${restoredName} (db-RESTORED, ${status})`);
    },
  );

  it('fails when somebody else has its name, took its instance away, or moved the old one', () => {
    expect(cause(prepare({ restored: null, strangers: [stranger(restoredName)], work: {} }))).toContain('db-STRANGER');
    expect(prepare({ restored: null })).toMatchObject({ move: 'failed', doubtful: true });
    expect(prepare({ source: null })).toMatchObject({ move: 'failed', doubtful: true });
    expect(cause(prepare({ source: database({ identifier: 'other' }), restored: null, work: {} }))).toContain('other');
    expect(cause(prepare({ restored: restored({ identifier: 'other' }) }))).toContain('other');
  });
});

describe('to cut over by rename', () => {
  it('gives the name of the old one away, waits, gives it to the new one, marks the old one, and waits', () => {
    expect(apply({})).toMatchObject({ move: 'rename', who: 'source', to: keptName });
    expect(apply({ source: database({ renamingTo: keptName }) })).toEqual({ move: 'wait' });
    expect(apply({ source: database({ status: 'renaming' }) })).toEqual({ move: 'wait' });
    expect(apply({ source: kept({ status: 'renaming' }) })).toEqual({ move: 'wait' });
    expect(apply({ source: kept() })).toMatchObject({ move: 'rename', who: 'restored', to: 'shop' });
    const [unmarked, marked] = [kept({ settings: protectedOne }), kept({ settings: protectedOne, tags: KEPT })];
    const underWay = [restored({ renamingTo: 'shop' }), restored({ status: 'renaming' }), promoted({ status: 'renaming' })];
    for (const one of underWay) {
      expect(apply({ source: unmarked, restored: one })).toMatchObject({ move: 'protect', protect: false, tags: KEPT });
      expect(apply({ source: marked, restored: one })).toEqual({ move: 'wait' });
    }
    const swapped = promoted({ settings: protectedOne });
    expect(apply({ source: unmarked, restored: swapped })).toMatchObject({ move: 'protect', protect: false, tags: KEPT });
    expect(apply({ source: marked, restored: swapped })).toEqual({ move: 'done' });
  });

  it('marks nothing before the new one is asked to take the name', () => {
    expect(apply({ source: kept({ status: 'renaming' }), restored: restored() })).toEqual({ move: 'wait' });
    expect(apply({ source: kept(), restored: restored() })).toMatchObject({ move: 'rename', who: 'restored' });
  });

  it('protects what the renames did not', () => {
    const source = kept({ settings: { deletionProtection: false }, tags: KEPT });
    expect(apply({ source, restored: promoted() })).toMatchObject({ protect: true, instance: { resourceId: 'db-RESTORED' } });
    const move = apply({ source, restored: promoted({ settings: protectedOne }) });
    expect(move).toMatchObject({ protect: true, instance: { resourceId: 'db-SHOP' } });
  });

  it.each([49, 50])('is done without the mark where the old one has %i tags, and RDS takes 50', (number) => {
    const tags = Object.fromEntries(Array.from({ length: number }, (_, index) => [`tag-${index}`, 'x']));
    const swapped = { source: kept({ settings: protectedOne, tags }), restored: promoted({ settings: protectedOne }) };
    expect(apply(swapped)).toEqual({ move: 'done' });
    const unprotected = { ...swapped, source: kept({ settings: { deletionProtection: false }, tags }) };
    expect(apply(unprotected)).toMatchObject({ move: 'protect', protect: true, tags: {} });
  });

  it('marks the old one where there is just room for it', () => {
    const many = Array.from({ length: 48 }, (_, index) => [`tag-${index}`, 'x']);
    const tags = Object.fromEntries([...many, ['aws:cloudformation:stack-name', 's']]);
    const source = kept({ settings: protectedOne, tags });
    expect(apply({ source, restored: promoted({ settings: protectedOne }) })).toMatchObject({ move: 'protect', tags: KEPT });
  });

  it('waits for a restored instance that is still being changed', () => {
    expect(apply({ restored: restored({ pending: ['MultiAZ'] }) })).toEqual({ move: 'wait' });
  });

  it('gives the name to the new one also when the old one did not survive its rename', () => {
    expect(apply({ source: kept({ status: 'failed' }) })).toMatchObject({ move: 'rename', who: 'restored' });
  });

  it.each<[string, Partial<MoveFacts>, string]>([
    ['the old one has a third name', { source: database({ identifier: 'other' }) }, 'other (db-SHOP, available)'],
    ['the new one has a third name', { restored: restored({ identifier: 'other' }) }, 'other (db-RESTORED, available)'],
    ['the name to keep the old one by is taken', { strangers: [stranger(keptName)] }, keptName],
    ['the production name is taken', { source: kept(), strangers: [stranger('shop')] }, 'db-STRANGER'],
    ['the old one is broken', { source: database({ status: 'storage-full' }) }, 'storage-full'],
    ['the new one is broken', { source: kept(), restored: restored({ status: 'incompatible-network' }) }, 'incompatible-network'],
    ['the new one is gone', { restored: null }, restoredName],
    ['the old one is gone', { source: null }, 'db-SHOP'],
    ['the new one was not prepared', { work: {} }, 'not prepared'],
    ['it is being undone', { work: { ...facts().work, undoBegunAt: 'now' } }, 'undone'],
  ])('fails when %s', (_what, changes, word) => {
    expect(cause(apply(changes))).toContain(word);
  });
});

describe('to cut over by environment', () => {
  it('leaves the names, and protects both', () => {
    const both = { cutover: 'environment' } as const;
    expect(apply({ ...both })).toMatchObject({ move: 'protect', protect: true, instance: { identifier: restoredName } });
    const safe = { ...both, restored: restored({ settings: protectedOne }) };
    expect(apply(safe)).toMatchObject({ move: 'protect', protect: true, tags: KEPT, instance: { identifier: 'shop' } });
    expect(apply({ ...safe, source: database({ settings: protectedOne, tags: KEPT }) })).toEqual({ move: 'done' });
  });

  it('has nothing to undo but the mark', () => {
    expect(undo({ cutover: 'environment' })).toEqual({ move: 'done' });
    const source = database({ tags: KEPT });
    expect(undo({ cutover: 'environment', source })).toMatchObject({ move: 'protect', protect: false });
  });
});

describe('to undo', () => {
  it('takes the name from the new one, waits, and gives it back to the old one', () => {
    expect(undo({ source: kept(), restored: promoted() })).toMatchObject({ move: 'rename', who: 'restored', to: restoredName });
    expect(undo({ source: kept(), restored: promoted({ status: 'renaming' }) })).toEqual({ move: 'wait' });
    expect(undo({ source: kept(), restored: restored({ status: 'renaming' }) })).toEqual({ move: 'wait' });
    expect(undo({ source: kept() })).toMatchObject({ move: 'rename', who: 'source', to: 'shop' });
    expect(undo({ source: kept({ status: 'renaming', renamingTo: 'shop' }) })).toEqual({ move: 'wait' });
    expect(undo({ source: database({ tags: KEPT }) })).toMatchObject({ move: 'protect', tags: { RollbackService: 'returned' } });
    expect(undo({})).toEqual({ move: 'done' });
  });

  it('waits for a rename of the cut-over that is still under way', () => {
    expect(undo({ source: database({ renamingTo: keptName }) })).toEqual({ move: 'wait' });
    expect(undo({ source: kept(), restored: restored({ renamingTo: 'shop' }) })).toEqual({ move: 'wait' });
  });

  it('brings the name back when the new one is broken or gone', () => {
    const back = { move: 'rename', who: 'source', to: 'shop' };
    expect(undo({ source: kept(), restored: null })).toMatchObject(back);
    expect(undo({ source: kept(), restored: restored({ status: 'failed', renamingTo: 'shop' }) })).toMatchObject(back);
  });

  it.each<[string, Partial<MoveFacts>, string]>([
    ['a stranger has the name', { source: kept(), strangers: [stranger('shop')] }, 'db-STRANGER'],
    ['a broken new one has the name', { source: kept(), restored: promoted({ status: 'failed' }) }, 'failed'],
    ['the old one is broken', { source: kept({ status: 'failed' }) }, 'failed'],
    ['the old one has a third name', { source: database({ identifier: 'other' }) }, 'other'],
    ['the old one is gone', { source: null }, 'db-SHOP'],
  ])('fails when %s', (_what, changes, word) => {
    expect(cause(undo(changes))).toContain(word);
  });
});

describe('the last rename', () => {
  it('is the one that gives the name of the database to the instance that is to have it', () => {
    const isLast = (move: Move) => givesName(move, facts());
    expect([apply({}), apply({ source: kept() })].map(isLast)).toEqual([false, true]);
    expect([undo({ source: kept(), restored: promoted() }), undo({ source: kept() })].map(isLast)).toEqual([false, true]);
    expect([prepare({}), apply({ cutover: 'environment' })].map(isLast)).toEqual([false, false]);
  });
});

describe('who is who', () => {
  const at = { rollbackId: 'shop-1', target: TARGET, work: {} };

  it('goes by resource ids, and by the tag of the rollback until one is on record', () => {
    const instances = [kept(), promoted(), stranger(restoredName)];
    expect(whoIsWho(instances, at)).toEqual({ source: kept(), restored: promoted(), strangers: [stranger(restoredName)] });
    const untagged = promoted({ tags: {} });
    expect(whoIsWho([untagged], { ...at, work: facts().work })).toMatchObject({ restored: untagged, strangers: [] });
    expect(whoIsWho([untagged], at)).toMatchObject({ restored: null, strangers: [untagged] });
  });

  it('never takes the old one, which is tagged too, for the new one', () => {
    expect(whoIsWho([kept({ tags: KEPT })], at)).toMatchObject({ restored: null });
  });
});
