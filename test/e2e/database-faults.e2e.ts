/** What may go wrong with a database rollback, each with the real parts: no data is lost, and the log says what is where. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corrupted, expectUntouched, openCorrupted } from './corrupted.ts';
import { FILE, openData } from './data.ts';
import { expectNoEventTwice, expirePlan, holdCall, isSending, isTakingLock, stopExecution } from './faults.ts';
import { beforeHostCommand, standingOf, storyOf } from './ground-truth.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a database rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const open = (...options: Parameters<typeof openCorrupted> extends [unknown, ...infer Rest] ? Rest : never) =>
    openCorrupted(theatre, ...options);

  it.each([
    ['in the future', () => new Date(Date.now() + 3_600_000).toISOString(), 'target-unknown', 0],
    ['before the first backup', () => '2026-01-01T00:00:00Z', 'restore-time-outside-window', 0],
    [
      'after the latest restorable time',
      () => new Date(Date.now() - 5000).toISOString(),
      'restore-time-outside-window',
      3_600_000,
    ],
  ])('is refused for a time %s', async (_when, timeOf, code, lagMs) => {
    const data = await open();
    theatre.aws.rds.setPace({ lagMs });
    const rollback = await data.rollBack({ time: timeOf() }).finally(() => theatre.aws.rds.setPace({ lagMs: 0 }));
    expect(rollback).toMatchObject({ status: 'refused', refusal: { code } });
    await expectUntouched(data, rollback.rollbackId);
  });

  it('is refused where no backups are kept, and where there is no such instance', async () => {
    const data = await open({}, {}, { settings: { BackupRetentionPeriod: 0 } });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'refused', refusal: { code: 'database-no-backups' } });
    await expectUntouched(data, rollback.rollbackId);
    const nobodys = await openData(theatre, { instance: 'nobodys-db' });
    expect(await nobodys.stage.rollBack({ strategy: 'database', target: { time: data.time } })).toMatchObject({
      status: 'refused',
      refusal: { code: 'database-unknown' },
    });
  });

  it.each([
    'failed',
    'incompatible-network',
    'incompatible-option-group',
    'incompatible-parameters',
    'incompatible-restore',
    'insufficient-capacity',
    'restore-error',
  ] as const)('changes nothing when the restore ends as %s', async (state) => {
    const data = await open({}, {}, { hosts: 1 });
    theatre.aws.rds.failNext(`${data.instance}-rb-*`, state);
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining(state) });
    await expectUntouched(data, rollback.rollbackId);
  });

  it('starts services again that it stopped for a restore which failed', async () => {
    const data = await open({ stopServices: 'before-restore' });
    theatre.aws.rds.failNext(`${data.instance}-rb-*`, 'restore-error');
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('restore-error') });
    await expectUntouched(data, rollback.rollbackId);
  });

  it('brings names back when the second rename is refused after the first', async () => {
    const data = await open();
    theatre.aws.faults.inject({
      service: 'rds',
      operation: 'ModifyDBInstance',
      kind: 'error',
      error: { code: 'InvalidParameterCombination', message: 'not this name', status: 400 },
      when: ({ NewDBInstanceIdentifier }) => NewDBInstanceIdentifier === data.instance,
    });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('not this name') });
    await expectUntouched(data, rollback.rollbackId);
    expect(Object.keys(await data.instances()).filter((name) => name.includes('-before-'))).toEqual([]);
  });

  it('brings both renames to their end, and then the names back, when a host cannot be asked where its name leads', async () => {
    const data = await open();
    const error = { code: 'InvalidInstanceId', message: 'not this host', status: 400 };
    const when = isSending(data.stage, 'find-database');
    theatre.aws.faults.inject({ service: 'ssm', operation: 'SendCommand', kind: 'error', error, times: 1, when });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone' });
    const types = (await data.stage.events(rollback.rollbackId)).map(({ type }) => type);
    const renames = types.flatMap((type) => (type.startsWith('database-') && type !== 'database-marked' ? [type] : []));
    const [given, back] = [
      ['database-rename-asked', 'database-rename-asked', 'database-cut-over'],
      ['database-rename-asked', 'database-rename-asked'],
    ];
    expect(renames.slice(renames.indexOf('database-prepared') + 1)).toEqual([
      ...given,
      'database-undo-begun',
      ...back,
      'database-undone',
    ]);
    await expectUntouched(data, rollback.rollbackId);
  });

  it('is not called undone while a host was not seen to find the old instance again', async () => {
    const data = await open();
    const [first] = data.stage.hosts;
    const path = join(first?.directory ?? '', FILE);
    const good = await readFile(path, 'utf8');
    beforeHostCommand(theatre, data.stage, 'apply', 0, () => void writeFile(path, good.replace(/^DATABASE_URL=.*\n/m, '')));
    beforeHostCommand(theatre, data.stage, 'undo', 0, () => void writeFile(path, good));
    const error = { code: 'InvalidInstanceId', message: 'not this host', status: 400 };
    const when = isSending(data.stage, 'undo-find-database');
    theatre.aws.faults.inject({ service: 'ssm', operation: 'SendCommand', kind: 'error', error, times: 100, when });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({
      status: 'failed',
      resolution: expect.stringMatching(/Nobody saw that data-\d+-db leads to the old instance again on \S+, \S+:/),
    });
    expect(rollback.leftOver?.join(' ')).toContain('do not remove that');
    const { detail } = (await data.stage.events(rollback.rollbackId)).find(({ key }) => key === 'undo-verified') ?? {};
    expect(detail?.astray).toEqual(data.stage.hosts.map(({ id }) => id).toSorted());
    await expectUntouched(data, rollback.rollbackId);
  });

  it('brings names back when the application does not come up on the restored data', async () => {
    const data = await open({}, {}, { hosts: 1 });
    const [host] = data.stage.hosts;
    const path = join(host?.directory ?? '', FILE);
    const good = await readFile(path, 'utf8');
    beforeHostCommand(theatre, data.stage, 'apply', 0, () => void writeFile(path, good.replace(/^DATABASE_URL=.*\n/m, '')));
    beforeHostCommand(theatre, data.stage, 'undo', 0, () => void writeFile(path, good));
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone' });
    await expectUntouched(data, rollback.rollbackId);
  });

  it('that finds the instance renamed by somebody meanwhile takes back what it did, and says what is where', async () => {
    const data = await open({}, {}, { hosts: 1 });
    const other = `${data.instance}-of-somebody`;
    const renamed = () =>
      data.rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: data.instance,
          NewDBInstanceIdentifier: other,
          ApplyImmediately: true,
        }),
      );
    beforeHostCommand(theatre, data.stage, 'stop', 0, () => void renamed());
    const rollback = await data.rollBack();
    // All that it did was to stop services, and they are started again: whose name it is now is that somebody's doing.
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }] });
    expect(rollback.resolution).toContain(`Somebody else renamed ${data.instance}: it is ${other} (`);
    expect(rollback.resolution).toContain(`The database ${data.instance} is untouched, but is called ${other} now.`);
    const all = await data.instances();
    const [restored = ''] = Object.keys(all).filter((name) => name !== other);
    expect(all).toEqual({ [other]: 'available', [restored]: 'available' });
    expect(rollback.leftOver).toEqual([
      expect.stringContaining(`--db-instance-identifier ${other} --new-db-instance-identifier ${data.instance}`),
      expect.stringMatching(new RegExp(`^${restored} .* is paid for until it is removed`)),
    ]);
    expect([await data.rows(other), await data.rows(restored), await data.health()]).toEqual([corrupted, ['one', 'two'], [200]]);
    const events = await data.stage.events(rollback.rollbackId);
    expect(storyOf(events).filter((event) => /^(stop|apply|undo|close) /.test(event))).toEqual([
      'stop host-command-started',
      'stop host-command-succeeded',
      'apply database-failed',
      'undo undo-planned',
      'undo host-command-started',
      'undo host-command-succeeded',
      'undo host-command-started',
      'undo host-command-succeeded',
      'undo undone',
      'close undone',
    ]);
    expectNoEventTwice(events);
    await data.stage.expectOrder(rollback.rollbackId);
  });

  it.each([
    ['is not set', 'database-url-missing', (text: string) => text.replace(/^DATABASE_URL=.*\n/m, '')],
    ['is set twice', 'database-url-twice', (text: string) => `${text}DATABASE_URL=postgres://a:b@c/d\n`],
    ['is no address', 'database-url-invalid', (text: string) => text.replace(/^DATABASE_URL=.*$/m, 'DATABASE_URL=sample')],
    ['has a wrong password', 'query-failed', (text: string) => text.replace('wörd', 'word').replace(/:[^:@]*@/, ':hunter2@')],
  ])('changes nothing where DATABASE_URL %s', async (_what, code, change) => {
    const data = await open({ cutover: 'environment' }, {}, { hosts: 1 });
    const path = join(data.stage.hosts[0]?.directory ?? '', FILE);
    await writeFile(path, change(await readFile(path, 'utf8')));
    const before = await data.files();
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'failed' });
    const events = JSON.stringify(await data.stage.events(rollback.rollbackId));
    expect(events).toContain(code);
    expect(events).not.toMatch(/hunter2|p@ss/);
    expect(await data.files()).toEqual(before);
    expect(await data.rows()).toEqual(corrupted);
    await data.stage.expectOrder(rollback.rollbackId);
  });

  it('stops nothing where one host names another database, or none, whether or not there is a question', async () => {
    const data = await open({ cutover: 'environment', check: undefined });
    const path = join(data.stage.hosts[1]?.directory ?? '', FILE);
    const good = await readFile(path, 'utf8');
    const standing = await standingOf(data.stage);
    for (const [code, text] of [
      ['database-elsewhere', good.replace(/@127\.0\.0\.1:\d+/, '@127.0.0.1:1')],
      ['database-url-missing', good.replace(/^DATABASE_URL=.*\n/m, '')],
    ] as const) {
      await writeFile(path, text);
      const rollback = await data.rollBack();
      expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining(code) });
      expect(storyOf(await data.stage.events(rollback.rollbackId)).filter((type) => type.startsWith('stop'))).toEqual([]);
      await expectUntouched(data, rollback.rollbackId);
    }
    expect(await standingOf(data.stage)).toEqual(standing);
  });

  it('asks no question that writes', async () => {
    const data = await open({ check: { sql: "SELECT nextval('generations_id_seq')", atLeast: 1 } }, {}, { hosts: 1 });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringMatching(/query-failed|could not ask/) });
    expect(JSON.stringify(await data.stage.events(rollback.rollbackId))).toMatch(/read-only transaction/);
    expect(await data.sql('SELECT last_value::int AS last FROM generations_id_seq')).toEqual([{ last: 3 }]);
    await expectUntouched(data, rollback.rollbackId);
  });

  it('starts services again when one host cannot stop its own', async () => {
    const data = await open();
    const [, second] = data.stage.hosts;
    const unit = join(second?.directory ?? '', 'etc/systemd/system/sample-api.service');
    beforeHostCommand(theatre, data.stage, 'stop', 0, () => void rename(unit, `${unit}.away`));
    beforeHostCommand(theatre, data.stage, 'undo', 0, () => void rename(`${unit}.away`, unit));
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('service-missing') });
    await expectUntouched(data, rollback.rollbackId);
  });

  it('expires when nobody approves, and changes nothing', async () => {
    const data = await open({}, { approval: { required: ['database'], timeout: '2s' } }, { hosts: 1 });
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'expired' });
    expect(Object.keys(await data.instances())).toEqual([data.instance]);
    await expectUntouched(data, rollback.rollbackId);
  });

  it('restores nothing for a plan that is too old by then', async () => {
    const data = await open({ check: undefined }, {}, { hosts: 1 });
    const taking = holdCall(theatre, 'dynamodb', 'UpdateItem', isTakingLock(theatre, data.stage));
    const rollbackId = await data.stage.start({ strategy: 'database', target: { time: data.time } });
    await taking.begun;
    await expirePlan(theatre, rollbackId);
    taking.goOn();
    const rollback = await data.stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'refused', refusal: { code: 'plan-expired' } });
    expect(rollback.leftOver).toBeUndefined();
    expect(Object.keys(await data.instances())).toEqual([data.instance]);
    await expectUntouched(data, rollbackId);
  });

  it('that is stopped between the renames says which instance is where, and loses neither', async () => {
    const data = await open({}, {}, { hosts: 1 });
    const second = holdCall(theatre, 'rds', 'ModifyDBInstance', (input) => input.NewDBInstanceIdentifier === data.instance);
    const rollbackId = await data.stage.start({ strategy: 'database', target: { time: data.time } });
    await second.begun;
    await stopExecution(theatre, rollbackId);
    const rollback = await data.stage.ended(rollbackId);
    second.goOn();
    expect(rollback).toMatchObject({
      status: 'failed',
      resolution: expect.stringMatching(/the old instance \(db-\w+\) as \S+-before-/),
    });
    expect(rollback.leftOver?.join(' ')).toMatch(/--new-db-instance-identifier/);
    await data.stage.expectOrder(rollbackId);
    // The rename that was under way comes to its end all the same.
    await expect.poll(async () => Object.values(await data.instances()), { timeout: 30_000 }).toEqual(['available', 'available']);
    const contents = await Promise.all(Object.keys(await data.instances()).map((name) => data.rows(name)));
    expect(contents.toSorted()).toEqual([corrupted, ['one', 'two']]);
    // Nobody writes to either while a person decides.
    expect(await data.health()).toEqual([0]);
  });
});
