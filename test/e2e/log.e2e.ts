import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { exchange } from './exchange.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('the rollback log', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const idsOf = (rollbacks: readonly Rollback[]) => rollbacks.map(({ rollbackId }) => rollbackId);

  it.concurrent('tells a rollback and its undo after the template, with what people add', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const rollback = await stage.rollBack({ reason: 'orders | vanish <b>', impact: 'every tenth order' });
    expect(rollback).toMatchObject({ status: 'succeeded', from: { version: '1.2.0' }, to: { version: '1.1.0' } });
    const path = `/rollbacks/${rollback.rollbackId}`;

    await stage.operator.call('PATCH', path, { impact: 'every tenth order, 212 in all', followUp: ['replay the orders'] });
    await theatre.client('admin').call('PATCH', path, { resolution: 'orders are complete again' });
    const [mine, others] = (await stage.events(rollback.rollbackId)).filter(({ type }) => type === 'notes-added');
    expect(mine?.detail).toMatchObject({ actor: expect.stringMatching(/user\/operator$/), followUp: ['replay the orders'] });
    expect(others?.detail).toMatchObject({
      actor: expect.stringMatching(/user\/admin$/),
      resolution: 'orders are complete again',
    });

    const report = await exchange(theatre, 'viewer', `GET ${path}/report`);
    expect(report.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(report.headers.get('x-log-chain')).toBe('intact');
    const template = report.body.slice(report.body.indexOf('```text\n') + 8, report.body.indexOf('\n```\n'));
    expect(template.split('\n')).toEqual([
      `Date: ${rollback.requestedAt}`,
      expect.stringMatching(/^Rolled back from: 1\.2\.0 \(\w{7}\)$/),
      expect.stringMatching(/^Rolled back to: 1\.1\.0 \(\w{7}\)$/),
      'Reason: orders | vanish <b>',
      expect.stringMatching(/^Performed by: arn:aws:iam::\d+:user\/operator$/),
      expect.stringMatching(/^Duration: \d+ (s|min)/),
      'Impact: every tenth order, 212 in all',
      'Resolution: orders are complete again',
      'Follow-up: replay the orders',
    ]);
    expect(report.body).toContain(`| ${stage.hosts[0]?.id} | 1.1.0 |`);
    expect(report.body).not.toContain('(reason orders | vanish <b>');
    await stage.expectOrder(rollback.rollbackId);

    const undo = await stage.operator.call('POST', `${path}/undo`, { reason: 'it was the database after all' });
    const undone = await stage.ended(undo.rollbackId);
    expect(undone).toMatchObject({
      status: 'succeeded',
      trigger: { type: 'undo', of: rollback.rollbackId },
      from: { version: '1.1.0' },
      to: { version: '1.2.0' },
    });
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(undo.rollbackId);
    const { releases } = await stage.operator.call('GET', `/applications/${stage.application}/releases`);
    expect(
      releases.map(({ version, alarmedAt }: { version: string; alarmedAt?: string }) => [version, alarmedAt !== undefined]),
    ).toEqual([
      ['1.2.0', true],
      ['1.1.0', true],
    ]);
  });

  it.concurrent('answers by application, status, actor, day and time, newest first, page by page', async () => {
    const stage = await theatre.stage({ hosts: 0 });
    const get = async (query: string): Promise<{ rollbacks: Rollback[]; cursor: string | null }> =>
      theatre.client('viewer').call('GET', `/rollbacks?${query}`);
    const made: Rollback[] = [];
    for (const reason of ['first', 'second', 'third', 'fourth', 'fifth']) made.push(await stage.rollBack({ reason }));
    const newestFirst = made.toReversed();
    const times = newestFirst.map(({ requestedAt }) => requestedAt);
    expect(times).toEqual(times.toSorted().toReversed());

    const byApplication = `application=${stage.application}`;
    expect((await get(byApplication)).rollbacks).toEqual(newestFirst);
    expect((await get(`${byApplication}&from=2999-01-01T00%3A00%3A00Z`)).rollbacks).toEqual([]);
    const [from, to] = [made[1], made[3]].map((each) => encodeURIComponent(each?.requestedAt ?? ''));
    expect(idsOf((await get(`${byApplication}&from=${from}&to=${to}`)).rollbacks)).toEqual(idsOf(newestFirst.slice(1, 4)));
    // The others of this file's tests stand among them.
    const actor = encodeURIComponent(made[0]?.performedBy ?? '');
    for (const filter of ['status=refused', `actor=${actor}`, `day=${made[0]?.requestedAt.slice(0, 10)}`]) {
      const found = (await get(`${filter}&limit=100`)).rollbacks;
      expect(idsOf(found.filter(({ application }) => application === stage.application))).toEqual(idsOf(newestFirst));
    }
    expect(
      (await get(`status=succeeded&limit=100`)).rollbacks.filter(({ application }) => application === stage.application),
    ).toEqual([]);

    const pages: Rollback[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await get(`${byApplication}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push(page.rollbacks);
      cursor = page.cursor;
    }
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(idsOf(pages.flat())).toEqual(idsOf(newestFirst));

    const whole = (await get(`${byApplication}&limit=2`)).cursor ?? '';
    const damaged = [whole.slice(0, -3), `${whole.slice(0, 10)}AAAA${whole.slice(14)}`, 'nonsense'];
    for (const query of [...damaged.map((each) => `${byApplication}&cursor=${each}`), `status=refused&cursor=${whole}`])
      expect(await exchange(theatre, 'viewer', `GET /rollbacks?${query}`)).toMatchObject({
        status: 400,
        body: { type: 'CursorInvalid' },
      });
  });

  it.concurrent('undoes only what changed something', async () => {
    const stage: Stage = await theatre.stage({ hosts: 0 });
    const { rollbackId } = await stage.rollBack();
    const answer = await exchange(theatre, 'operator', `POST /rollbacks/${rollbackId}/undo`, { body: { reason: 'never mind' } });
    expect(answer).toMatchObject({ status: 409, body: { type: 'NothingToUndo', detail: expect.stringContaining('is refused') } });
    expect(idsOf((await stage.operator.call('GET', `/rollbacks?application=${stage.application}`)).rollbacks)).toEqual([
      rollbackId,
    ]);
  });
});
