import { describe, expect, it } from 'vitest';
import type { DatabaseWork } from '../../../lib/contracts.ts';
import { databaseChecks, prepareDatabase, switchDatabase } from '../../../lib/domain/database/plan.ts';
import { restoreTimeBefore } from '../../../lib/domain/database/restore-time.ts';
import { databaseStands, isDatabaseAstray, leftovers, stillMisled } from '../../../lib/domain/database/standing.ts';
import type { Draft } from '../../../lib/domain/plan.ts';
import { manifest } from '../builders.ts';
import { facts, TARGET } from './builders.ts';

const { restoredName, keptName } = TARGET;
const AT = '2026-11-22T12:00:00.000Z';
const prepared: DatabaseWork = facts().work;
const renamed: DatabaseWork = { ...prepared, seen: [{ identifier: 'mine', resourceId: 'db-SHOP', status: 'available' }] };
const begun: DatabaseWork = {
  ...prepared,
  cutOverBegunAt: AT,
  seen: [
    { identifier: keptName, resourceId: 'db-SHOP', status: 'available' },
    { identifier: restoredName, resourceId: 'db-RESTORED', status: 'failed' },
  ],
};
const cutOver: DatabaseWork = { ...begun, cutOverAt: AT };
const undone: DatabaseWork = { ...cutOver, undoBegunAt: AT, undoneAt: AT };

describe('where a database stands', () => {
  it.each<[string, DatabaseWork, string | undefined]>([
    ['never touched', {}, undefined],
    ['a restore was begun', { restoreBegunAt: AT }, 'The database shop is untouched. Beside it there may be'],
    ['a restore was finished', prepared, `there is ${restoredName}, restored to ${TARGET.restoreTime} and never used.`],
    ['renamed by somebody else before a cut-over', renamed, 'The database shop is untouched, but is called mine now. Beside it'],
    ['a cut-over was not finished', begun, `the old instance (db-SHOP) as ${keptName}, available`],
    ['cut over', cutOver, `the old one is kept as ${keptName}.`],
    ['not wholly undone', { ...cutOver, undoBegunAt: AT }, 'was not brought back to its end'],
    ['undone', undone, 'is the one that it was before'],
  ])('%s', (_what, work, words) => {
    const stands = databaseStands(TARGET, 'rename', work);
    if (words === undefined) expect(stands).toBeUndefined();
    else expect(stands).toContain(words);
  });

  it('by environment the new one has a name of its own', () => {
    expect(databaseStands(TARGET, 'environment', cutOver)).toContain(`is called ${restoredName}; the old one is shop as before`);
  });

  it('is in doubt where a host was not seen to find the old instance again', () => {
    expect(stillMisled(TARGET, undone, ['i-1', 'i-2'])).toMatch(/on i-1, i-2: .* do not remove that/);
    expect(stillMisled(TARGET, undone, [])).toBeUndefined();
    expect(stillMisled(TARGET, cutOver, ['i-1'])).toBeUndefined();
  });

  it('is astray from the begin of a cut-over to the end of its undo', () => {
    expect([{}, prepared, begun, cutOver, undone].map(isDatabaseAstray)).toEqual([false, false, true, true, false]);
  });
});

describe('what is left over', () => {
  const removal = (name: string) => [
    `aws rds modify-db-instance --db-instance-identifier ${name} --no-deletion-protection`,
    `aws rds delete-db-instance --db-instance-identifier ${name} --final-db-snapshot-identifier ${name}-final`,
  ];

  it.each<[string, DatabaseWork, string]>([
    ['before a cut-over', prepared, restoredName],
    ['after one', cutOver, keptName],
    ['after its undo', undone, restoredName],
  ])('%s, with the commands that remove it and what it costs', (_when, work, name) => {
    const text = leftovers(TARGET, 'rename', work).join('\n');
    for (const part of [...removal(name), TARGET.size]) expect(text).toContain(part);
  });

  it.each([
    [
      'rename',
      `--db-instance-identifier shop --new-db-instance-identifier ${restoredName} --apply-immediately, and when that is done aws rds modify-db-instance --db-instance-identifier ${keptName} --new-db-instance-identifier shop`,
    ],
    ['environment', `give DATABASE_URL the address ${TARGET.source.address.host}:${TARGET.source.address.port}`],
  ] as const)('after a cut-over by %s: how a person goes back to the old one', (cutover, how) => {
    expect(leftovers(TARGET, cutover, cutOver).join('\n')).toContain(how);
  });

  it('where somebody else renamed the old one: how it gets its name back', () => {
    const rename = '--db-instance-identifier mine --new-db-instance-identifier shop';
    expect(leftovers(TARGET, 'rename', renamed).join('\n')).toContain(rename);
    for (const work of [prepared, undone])
      expect(leftovers(TARGET, 'rename', work).join('\n')).not.toContain('--new-db-instance');
  });

  it('by environment: the old one, and a manifest to be changed', () => {
    const text = leftovers(TARGET, 'environment', cutOver).join('\n');
    expect(text).toContain(`database.instance has to be ${restoredName}`);
    expect(text).toContain('--db-instance-identifier shop --no-deletion-protection');
  });

  it('in the middle of a cut-over nothing is to be removed, and the way back is told', () => {
    const text = leftovers(TARGET, 'rename', begun).join('\n');
    expect(text).not.toContain('delete-db-instance');
    expect(text).toContain(`--db-instance-identifier ${keptName} --new-db-instance-identifier shop`);
    expect(leftovers(TARGET, 'rename', {})).toEqual([]);
  });
});

it('what is left over may be an instance that failed for good, of which RDS takes no change', () => {
  const [text = ''] = leftovers(TARGET, 'rename', { ...undone, seen: begun.seen });
  expect(text).toMatch(
    /It was seen failed: RDS may refuse what follows until .*--skip-final-snapshot\)\. aws rds modify-db-instance/,
  );
  expect(leftovers(TARGET, 'rename', prepared).join()).not.toContain('may refuse');
});

describe('a rename that was asked for and not seen to be done', () => {
  const seen = (shop: string, other: string, status = 'available') => [
    { identifier: shop, resourceId: 'db-SHOP', status: 'available' },
    { identifier: other, resourceId: 'db-RESTORED', status },
  ];
  const rename = (from: string, to: string) =>
    `--db-instance-identifier ${from} --new-db-instance-identifier ${to} --apply-immediately`;
  const first = { resourceId: 'db-SHOP', from: 'shop', to: keptName };
  const second = { resourceId: 'db-RESTORED', from: restoredName, to: 'shop' };
  const texts = (work: DatabaseWork) =>
    [databaseStands(TARGET, 'rename', work) ?? '', ...leftovers(TARGET, 'rename', work)] as [string, string];

  it('may still happen, as both texts say, with the way back for either case', () => {
    const [stands, leftOver] = texts({ ...begun, renaming: first, seen: seen('shop', restoredName) });
    expect(stands).toContain(`Renaming shop to ${keptName} was asked for and not seen to be done: it may still happen`);
    expect(leftOver).toMatch(/^Look at the names first/);
    expect(leftOver).toContain(`(1) if db-SHOP is called shop: it has its name; (2) if db-SHOP is called ${keptName}: aws`);
    expect(leftOver).toContain(rename(keptName, 'shop'));
    expect(leftOver).not.toContain('delete-db-instance');
  });

  it('is the second one: the restored instance gives the name back first if it got it', () => {
    const [, leftOver] = texts({ ...begun, renaming: second, seen: seen(keptName, restoredName) });
    const [still = '', done = ''] = leftOver.split('(2)');
    expect(still).toContain(`(1) if db-RESTORED is called ${restoredName}: aws`);
    expect(still).not.toContain(rename('shop', restoredName));
    expect(done).toMatch(/^ if db-RESTORED is called shop: /);
    expect(done.indexOf(rename('shop', restoredName))).toBeLessThan(done.indexOf(rename(keptName, 'shop')));
    expect(done).toContain(rename('shop', restoredName));
  });

  it('is no question any more once it was seen to be done, or to have failed for good', () => {
    for (const work of [
      { ...begun, renaming: first, seen: seen(keptName, restoredName) },
      { ...begun, renaming: second, seen: seen(keptName, restoredName, 'incompatible-parameters') },
    ])
      for (const text of texts(work)) expect(text).not.toContain('may still happen');
  });

  it('is asked about also where no instance was seen', () => {
    const { seen: _, ...unseen } = begun;
    expect(texts({ ...unseen, renaming: first })[1]).toContain('(2)');
  });
});

describe('a plan', () => {
  const draft = (database: object): Draft =>
    ({ database: TARGET, manifest: manifest({ database: { instance: 'shop', ...database } }) }) as unknown as Draft;
  const check = { check: { sql: 'SELECT COUNT(*) FROM orders', atLeast: 1 } };

  it('says what is restored, asked and renamed', () => {
    const text = [prepareDatabase, switchDatabase, databaseChecks].flatMap((sentences) => sentences(draft(check))).join('\n');
    expect(text).toContain(`restore shop to ${TARGET.restoreTime} as a second instance ${restoredName}`);
    expect(text).toContain('"SELECT COUNT(*) FROM orders" answers at least 1');
    expect(text).toContain(`rename shop to ${keptName}, then ${restoredName} to shop`);
    expect(switchDatabase(draft({ cutover: 'environment' })).join()).not.toContain('rename');
  });

  it('says nothing where no database is touched', () => {
    const none = { manifest: manifest() } as unknown as Draft;
    expect([prepareDatabase, switchDatabase, databaseChecks].flatMap((sentences) => sentences(none))).toEqual([]);
  });
});

it.each([
  ['2026-11-22T12:00:00.000Z', '2026-11-22T11:59:59.000Z'],
  ['2026-11-22T12:00:00.001Z', '2026-11-22T12:00:00.000Z'],
  ['2026-11-22T12:00:00.999Z', '2026-11-22T12:00:00.000Z'],
])('the last whole second before %s is %s', (moment, time) => {
  expect(restoreTimeBefore(moment)).toBe(time);
});
