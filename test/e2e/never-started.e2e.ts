/** Rollbacks whose execution could not be started: none of them stays on record as one that is still to come. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { exchange } from './exchange.ts';
import { lettersOf } from './faults.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('a rollback whose execution could not be started', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  type Fault = Omit<Parameters<Theatre['aws']['faults']['inject']>[0], 'service' | 'operation' | 'when'>;
  const failToStart = ({ application }: Stage, fault: Fault) =>
    theatre.aws.faults.inject({
      service: 'states',
      operation: 'StartExecution',
      when: ({ name }) => name.startsWith(`${application}-`),
      ...fault,
    });
  const onRecord = async ({ operator, application }: Stage): Promise<Rollback> =>
    (await operator.call('GET', `/rollbacks?application=${application}&limit=1`)).rollbacks[0];
  const ask = (stage: Stage, key?: string) =>
    exchange(theatre, 'operator', `POST /applications/${stage.application}/rollbacks`, {
      body: { strategy: 'code', reason: 'a test' },
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });

  it.concurrent('for good is closed as failed, and keeps nobody back', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const error = { code: 'AccessDeniedException', message: 'not authorized to start it', status: 400 };
    failToStart(stage, { kind: 'error', error });
    expect((await ask(stage, 'refused')).status).toBe(500);
    const rollback = await stage.ended((await onRecord(stage)).rollbackId);
    expect(rollback).toMatchObject({ status: 'failed', changed: false, resolution: expect.stringContaining(error.message) });
    expect(await lettersOf(theatre, rollback.rollbackId)).toHaveLength(1);
    await stage.expectOrder(rollback.rollbackId);
    expect(await stage.rollBack()).toMatchObject({ status: 'succeeded' });
  });

  it.concurrent('for now is closed unless the request has a key to come again with; then that starts it, or somebody cancels', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    failToStart(stage, { kind: 'refused', times: 3 });
    expect((await ask(stage)).status).toBe(500);
    expect(await onRecord(stage)).toMatchObject({ status: 'failed', changed: false });

    failToStart(stage, { kind: 'refused', times: 3 });
    expect((await ask(stage, 'given up')).status).toBe(500);
    const waiting = await onRecord(stage);
    expect(waiting.status).toBe('requested');
    await stage.operator.call('POST', `/rollbacks/${waiting.rollbackId}/cancel`, { reason: 'a test' });
    expect(await stage.ended(waiting.rollbackId)).toMatchObject({ status: 'cancelled' });
    await stage.expectOrder(waiting.rollbackId);

    failToStart(stage, { kind: 'refused', times: 3 });
    expect((await ask(stage, 'again')).status).toBe(500);
    expect((await ask(stage, 'again')).status).toBe(202);
    expect(await stage.ended((await onRecord(stage)).rollbackId)).toMatchObject({ status: 'succeeded' });
  });
});
