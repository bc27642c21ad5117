import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RollbackQuery } from '../../../lib/contracts.ts';
import { recordIntent } from '../../../lib/log/commands.ts';
import { appendEvent } from '../../../lib/log/events.ts';
import { queryRollbacks, recentRollbacks } from '../../../lib/log/query.ts';
import { changeStatus, createRollback } from '../../../lib/log/rollbacks.ts';
import { rollback } from '../builders.ts';
import { startTables } from '../tables.ts';

const hour = (index: number) => `2026-11-22T${String(index).padStart(2, '0')}:00:00.000Z`;
const ids = (rollbacks: readonly { rollbackId: string }[]) => rollbacks.map(({ rollbackId }) => rollbackId);
const query = (filters: object) => queryRollbacks(RollbackQuery.parse(filters));

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
  for (let index = 0; index < 7; index++) {
    const performedBy = index % 2 ? 'ana' : 'ben';
    await createRollback(rollback({ rollbackId: `r-${index}`, requestedAt: hour(index), performedBy }));
  }
  await createRollback(rollback({ rollbackId: 'elsewhere', application: 'other', requestedAt: '2026-11-23T00:00:00.000Z' }));
  await changeStatus('r-3', 'failed');
  const now = new Date(hour(0));
  await appendEvent({ rollbackId: 'r-0', phase: 'plan', type: 'Planned', key: 'plan', detail: { application: 'shop' }, now });
  const command = {
    rollbackId: 'r-0',
    action: 'apply' as const,
    wave: 0,
    document: 'check-out-code' as const,
    hosts: ['i-1'],
    comment: 'c',
  };
  await recordIntent({ ...command, intendedAt: hour(0) });
});
afterAll(() => tables.stop());

describe('a query of the log', () => {
  it('answers rollbacks alone, newest first, by application, status, actor or day', async () => {
    expect(ids((await query({ application: 'shop' })).rollbacks)).toEqual(['r-6', 'r-5', 'r-4', 'r-3', 'r-2', 'r-1', 'r-0']);
    expect(ids((await query({ status: 'failed' })).rollbacks)).toEqual(['r-3']);
    expect(ids((await query({ status: 'requested' })).rollbacks)).not.toContain('r-3');
    expect(ids((await query({ actor: 'ana' })).rollbacks)).toEqual(['r-5', 'r-3', 'r-1']);
    expect(ids((await query({ day: '2026-11-23' })).rollbacks)).toEqual(['elsewhere']);
  });

  it('includes both ends of its time range', async () => {
    expect(ids((await query({ application: 'shop', from: hour(2), to: hour(4) })).rollbacks)).toEqual(['r-4', 'r-3', 'r-2']);
    expect(await query({ application: 'shop', from: hour(8) })).toEqual({ rollbacks: [], cursor: null });
  });

  it('goes from page to page without losing or repeating one, and ends with no cursor', async () => {
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = [];
      let pages = 0;
      for (let cursor: string | null | undefined; cursor !== null; pages++) {
        const page = await query({ application: 'shop', limit, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...ids(page.rollbacks));
        cursor = page.cursor;
      }
      expect([pages, seen]).toEqual([Math.ceil(7 / limit), ['r-6', 'r-5', 'r-4', 'r-3', 'r-2', 'r-1', 'r-0']]);
    }
  });

  it('refuses a cursor that is damaged or of another query', async () => {
    const { cursor } = await query({ application: 'shop', limit: 2 });
    const good = String(cursor);
    const damaged = [
      good.slice(0, -2),
      `${good.slice(0, 8)}A${good.slice(9)}`,
      'x',
      '',
      Buffer.from('[1,2]').toString('base64url'),
    ];
    for (const wrong of damaged) {
      await expect(query({ application: 'shop', cursor: wrong })).rejects.toMatchObject({ name: 'CursorInvalid', status: 400 });
    }
    for (const filters of [{ application: 'other' }, { status: 'failed' }, { application: 'shop', from: hour(1) }]) {
      await expect(query({ ...filters, cursor: good })).rejects.toMatchObject({ name: 'CursorInvalid' });
    }
    expect(ids((await query({ application: 'shop', limit: 1, cursor: good })).rollbacks)).toEqual(['r-4']);
  });

  it('finds the recent rollbacks of an application', async () => {
    expect(ids(await recentRollbacks('shop', new Date(hour(5))))).toEqual(['r-6', 'r-5']);
  });
});
