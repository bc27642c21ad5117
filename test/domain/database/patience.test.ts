import { describe, expect, it } from 'vitest';
import type { MoveFacts } from '../../../lib/domain/database/move.ts';
import { type DatabaseAction, nextMove } from '../../../lib/domain/database/moves.ts';
import { withPatience } from '../../../lib/domain/database/patience.ts';
import { ago, NOW } from '../builders.ts';
import { database, facts, TARGET } from './builders.ts';

const decide = (action: DatabaseAction, changes: Partial<MoveFacts>) => {
  const given = facts(changes);
  return withPatience(nextMove({ action, ...given }), given, action, NOW);
};
const busy = { source: database({ status: 'backing-up' }) };
const renaming = { source: database({ identifier: TARGET.keptName, status: 'renaming' }) };
const asked = (minutes: number, begun = false) => ({
  work: { ...facts().work, cutOverAskedAt: ago(minutes), ...(begun && { cutOverBegunAt: ago(minutes) }) },
});

describe('a cut-over waits', () => {
  it('for an instance that is busy, until services were down for 15 minutes', () => {
    expect(decide('apply', { ...busy, ...asked(14) })).toEqual({ move: 'wait' });
    expect(decide('apply', { ...busy, ...asked(15) })).toMatchObject({
      move: 'failed',
      doubtful: false,
      cause: expect.stringMatching(/waited 15 minutes, with services stopped, for shop \(db-SHOP, backing-up\)/),
    });
  });

  it('for its renames, until they took an hour', () => {
    expect(decide('apply', { ...renaming, ...asked(59, true) })).toEqual({ move: 'wait' });
    expect(decide('apply', { ...renaming, ...asked(60, true) })).toMatchObject({ move: 'failed' });
  });

  it('not with what it can do', () => expect(decide('apply', asked(90))).toMatchObject({ move: 'rename' }));
});

it.each<DatabaseAction>(['prepare', 'undo'])('to %s is waited as long as it takes', (action) => {
  const restoring = { restored: { ...database({ identifier: TARGET.restoredName }), status: 'creating' } };
  const waiting = action === 'prepare' ? restoring : renaming;
  expect(decide(action, { ...waiting, ...asked(600, true) })).toEqual({ move: 'wait' });
});

describe('an instance that is not listed', () => {
  const seen = (seconds: number) => ({ source: null, work: { ...facts().work, seenSince: ago(seconds / 60) } });

  it('is waited for, and is gone after a minute', () => {
    expect(decide('undo', seen(59))).toEqual({ move: 'wait' });
    expect(decide('undo', seen(60))).toMatchObject({ move: 'failed', cause: expect.stringContaining('not there any more') });
  });
});
