/** Database rollbacks on real instances: what was corrupted is right again, what came later is gone, and nothing is deleted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Release } from '../../lib/contracts.ts';
import { corrupt } from './corrupted.ts';
import { openData } from './data.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a database rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it.each(['before-cutover', 'before-restore'] as const)(
    'swaps names, keeps the old instance and says so, with services stopped %s',
    async (stopServices) => {
      const { stage, instance, sql, rows, instances, moment, files, health, counted } = await openData(theatre, { stopServices });
      const [before, time] = [await files(), await moment()];
      await sql(corrupt);
      const rollback = await stage.rollBack({ strategy: 'database', target: { time } });
      expect(rollback).toMatchObject({ status: 'succeeded', dataLossMinutes: 1, dataLost: { from: time } });
      const events = await stage.events(rollback.rollbackId);
      const { detail } = events.find(({ type }) => type === 'database-cut-over') ?? {};
      expect(detail).toMatchObject({ lostFrom: time, lostUntil: rollback.dataLost?.until });
      expect([await rows(), await counted()]).toEqual([
        ['one', 'two'],
        [2, 2],
      ]);
      const all = await instances();
      const [kept = ''] = Object.keys(all).filter((name) => name !== instance);
      expect(all).toEqual({ [instance]: 'available', [kept]: 'available' });
      expect(kept).toMatch(new RegExp(`^${instance}-before-[0-9a-f]{8}$`));
      expect(await rows(kept)).toEqual(['', '', 'late']);
      expect(rollback.leftOver?.join(' ')).toMatch(new RegExp(`old instance ${kept} \\(.*\\$0\\.21 an hour, \\$5\\.04 a day\\)`));
      expect(rollback.leftOver?.join(' ')).toMatch(new RegExp(`delete-db-instance --db-instance-identifier ${kept}`));
      expect([await files(), await health()]).toEqual([before, [200, 200]]);
      await stage.expectOrder(rollback.rollbackId);
    },
  );

  it('points DATABASE_URL at the restored instance and leaves the rest of the file as it was', async () => {
    const { stage, instance, sql, rows, instances, moment, files, health, counted } = await openData(theatre, {
      cutover: 'environment',
    });
    const [before, time] = [await files(), await moment()];
    await sql(corrupt);
    const rollback = await stage.rollBack({ strategy: 'database', target: { time } });
    expect(rollback).toMatchObject({ status: 'succeeded' });
    const restored = Object.keys(await instances()).find((name) => name !== instance) ?? '';
    expect([await rows(restored), await counted()]).toEqual([
      ['one', 'two'],
      [2, 2],
    ]);
    expect(await rows()).toEqual(['', '', 'late']);
    const withoutAddress = (text: string) => text.replace(/@127\.0\.0\.1:\d+/, '@');
    const after = await files();
    expect(after.map(withoutAddress)).toEqual(before.map(withoutAddress));
    expect(after).not.toEqual(before);
    expect(await health()).toEqual([200, 200]);
    expect(rollback.leftOver?.join(' ')).toContain(`database.instance has to be ${restored}`);
    await stage.expectOrder(rollback.rollbackId);
  });

  it.each([
    ['before-cutover', 'failed'],
    ['before-restore', 'undone'],
  ] as const)('switches nothing when the restored data is not enough, with services stopped %s', async (stopServices, status) => {
    const check = { sql: 'SELECT COUNT(*) FROM generations', atLeast: 3 };
    const { stage, instance, sql, rows, moment, health } = await openData(theatre, { stopServices, check });
    const time = await moment();
    await sql(corrupt);
    const rollback = await stage.rollBack({ strategy: 'database', target: { time } });
    expect(rollback).toMatchObject({ status, resolution: expect.stringMatching(new RegExp(`${instance} is untouched`)) });
    expect([await rows(), await health()]).toEqual([
      ['', '', 'late'],
      [200, 200],
    ]);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('asks for approval, which has to say that the loss is known', async () => {
    const { stage, sql, rows, moment } = await openData(theatre, {}, { approval: { required: ['database'], timeout: '1h' } });
    const time = await moment();
    await sql(corrupt);
    const rollbackId = await stage.start({ strategy: 'database', target: { time } });
    const approver = theatre.client('approver');
    await expect
      .poll(async () => (await approver.call('GET', `/rollbacks/${rollbackId}`)).status, { timeout: 60_000 })
      .toBe('awaiting-approval');
    const path = `/rollbacks/${rollbackId}/approve`;
    await expect(approver.call('POST', path, { reason: 'read it' })).rejects.toThrow(/loses the last 1 minute of writes/);
    await approver.call('POST', path, { reason: 'read it', acknowledgeDataLoss: true });
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'succeeded' });
    expect(await rows()).toEqual(['one', 'two']);
    const approved = (await stage.events(rollbackId)).find(({ type }) => type === 'approved');
    expect(approved?.detail).toMatchObject({ acknowledgeDataLoss: true, dataLossMinutes: 1 });
  });

  it('goes back to right before a release was deployed, once somebody who knows of the loss approves', async () => {
    // Whoever registers an application without a word about approvals has them for databases.
    const data = await openData(theatre, {}, { approval: undefined }, { running: '1.1.0', verified: ['1.0.0'] });
    const { stage, instance, sql, rows, counted, moment } = data;
    await sql("INSERT INTO generations (text) SELECT 'before ' || n FROM generate_series(1, 5) AS n");
    await moment();
    await stage.deploy('1.2.0');
    await expect.poll(stage.versions, { timeout: 20_000 }).toEqual(['1.2.0', '1.2.0']);
    await sql("INSERT INTO generations (text) SELECT 'by 1.2.0 ' || n FROM generate_series(1, 7) AS n");
    await sql("UPDATE generations SET text = 'spoilt' WHERE text IN ('one', 'before 3')");
    await sql("DELETE FROM generations WHERE text IN ('two', 'before 5')");
    const spoilt = await rows();
    const { releases } = await stage.operator.call('GET', `/applications/${stage.application}/releases`);
    const deployedAt = releases.find(({ version }: Release) => version === '1.2.0').deployedAt;

    const rollbackId = await stage.start({ strategy: 'database', target: { version: '1.2.0' } });
    const asked = await stage.reached(rollbackId, (status) => status === 'awaiting-approval');
    const approver = theatre.client('approver');
    const approve = (body: object) => approver.call('POST', `/rollbacks/${rollbackId}/approve`, { reason: 'read it', ...body });
    await expect(approve({})).rejects.toMatchObject({ status: 409, message: expect.stringContaining('DataLossNotAcknowledged') });
    await sql("INSERT INTO generations (text) VALUES ('while people thought')");
    await approve({ acknowledgeDataLoss: true });
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({
      status: 'succeeded',
      approvedBy: expect.stringMatching(/user\/approver$/),
      // The code stays: only its data goes back.
      from: { version: '1.2.0' },
      to: { version: '1.2.0' },
    });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    const { from: lostFrom = '', until: lostUntil = '' } = rollback.dataLost ?? {};
    expect(lostFrom).toBe(rollback.to?.at);
    const beforeDeployment = Date.parse(deployedAt) - Date.parse(lostFrom);
    expect(beforeDeployment).toBeGreaterThan(0);
    expect(beforeDeployment).toBeLessThanOrEqual(1000);
    expect(Date.parse(lostUntil)).toBeGreaterThan(Date.parse(deployedAt));
    expect(asked.dataLossMinutes).toBe(1);

    const there = ['one', 'two', 'before 1', 'before 2', 'before 3', 'before 4', 'before 5'];
    expect(await rows()).toEqual(there);
    expect(await counted()).toEqual([there.length, there.length]);
    const [kept = ''] = Object.keys(await data.instances()).filter((name) => name !== instance);
    expect((await rows(kept)).toSorted()).toEqual([...spoilt, 'while people thought'].toSorted());
    await stage.expectOrder(rollbackId);
  });
});
