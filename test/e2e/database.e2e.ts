/** Database rollbacks on real instances: what was corrupted is right again, what came later is gone, and nothing is deleted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openData } from './data.ts';
import { openTheatre, type Theatre } from './harness.ts';

const corrupt = "UPDATE generations SET text = ''; INSERT INTO generations (text) VALUES ('late')";

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
});
