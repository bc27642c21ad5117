/** What becomes of names when a rename does not come to its end: which instance is called what, and what people are told of it. */
import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corrupted, expectUntouched, openCorrupted } from './corrupted.ts';
import { holdCall, stopExecution } from './faults.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a rename', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it('that fails for good, the second one after the first succeeded, is undone: the old instance gets its name back', async () => {
    const data = await openCorrupted(theatre);
    theatre.aws.rds.failNext(data.instance, 'incompatible-parameters');
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('incompatible-parameters') });
    // The broken one still says which name it was to get, and keeps nobody from having it.
    const [restored = ''] = Object.keys(await data.instances()).filter((name) => name !== data.instance);
    expect(restored).toContain('-rb-');
    expect(await data.instances()).toEqual({ [data.instance]: 'available', [restored]: 'incompatible-parameters' });
    expect(rollback.resolution).toContain(`The database ${data.instance} is the one that it was before`);
    expect(rollback.leftOver?.join(' ')).toContain('It was seen incompatible-parameters: RDS may refuse what follows');
    const events = await data.stage.events(rollback.rollbackId);
    const types = events.flatMap(({ type }) => (type.startsWith('database-') && type !== 'database-marked' ? [type] : []));
    expect(types.slice(types.indexOf('database-failed'))).toEqual([
      'database-failed',
      'database-undo-begun',
      'database-rename-asked',
      'database-undone',
    ]);
    await expectUntouched(data, rollback.rollbackId);
  });

  it('that is under way when the execution is stopped: people are told that it may still happen, and the way back for either case', async () => {
    const data = await openCorrupted(theatre, {}, {}, { hosts: 1 });
    const isFirst = ({ NewDBInstanceIdentifier: to }: { NewDBInstanceIdentifier?: string }) =>
      to?.startsWith(`${data.instance}-before-`) ?? false;
    const first = holdCall(theatre, 'rds', 'ModifyDBInstance', isFirst);
    const rollbackId = await data.stage.start({ strategy: 'database', target: { time: data.time } });
    await first.begun;
    theatre.aws.rds.setPace({ modifyMs: 15_000 });
    first.goOn();
    await stopExecution(theatre, rollbackId);
    const rollback = await data.stage.ended(rollbackId);
    theatre.aws.rds.setPace({ modifyMs: 200 });
    expect(rollback).toMatchObject({
      status: 'failed',
      resolution: expect.stringContaining(
        'was asked for and not seen to be done: it may still happen, so look at the names first.',
      ),
    });
    const told = rollback.leftOver?.join(' ') ?? '';
    expect(told).toMatch(new RegExp(`\\(1\\) if db-\\w+ is called ${data.instance}: it has its name;`));
    await data.stage.expectOrder(rollbackId);
    // Seconds later no instance has the name any more, and nobody writes: what a person does then is what they were told.
    const kept = async () => Object.keys(await data.instances()).find((name) => name.includes('-before-'));
    await expect.poll(kept, { timeout: 60_000 }).toBeDefined();
    expect([Object.keys(await data.instances()).includes(data.instance), await data.health()]).toEqual([false, [0]]);
    const [, from = '', to = ''] =
      /\(2\) .* --db-instance-identifier (\S+) --new-db-instance-identifier (\S+) --apply-immediately/.exec(told) ?? [];
    expect([from, to]).toEqual([await kept(), data.instance]);
    await expect.poll(async () => (await data.instances())[from], { timeout: 30_000 }).toBe('available');
    const names = { DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true };
    await data.rds.send(new ModifyDBInstanceCommand(names));
    await expect.poll(async () => (await data.instances())[to], { timeout: 30_000 }).toBe('available');
    expect(await data.rows()).toEqual(corrupted);
  });
});
