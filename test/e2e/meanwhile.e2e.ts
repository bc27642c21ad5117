import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../local/until.ts';
import { commandsSent, during, expectNoEventTwice, holdCall, killedAfter, strike } from './faults.ts';
import { standingOf, storyOf } from './ground-truth.ts';
import { openTheatre, type Theatre } from './harness.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

describe('what happens while a rollback', () => {
  it.concurrent('waits for people: a deployment by hand is not rolled back, and it is said who runs what', async () => {
    const stage = await theatre.stage({ manifest: { approval: { required: ['code'], timeout: '1h' } } });
    const [, other] = stage.hosts;
    const rollbackId = await stage.start();
    await until('the question', 60_000, async () => {
      const { status } = await stage.operator.call('GET', `/rollbacks/${rollbackId}`);
      return status === 'awaiting-approval' || undefined;
    });
    await other?.deploy('1.0.0');
    await until('the deployment', 20_000, async () => (await other?.health())?.version === '1.0.0' || undefined);
    const before = await standingOf(stage);
    await theatre.client('approver').call('POST', `/rollbacks/${rollbackId}/approve`, { reason: 'go' });
    const { status, resolution = '' } = await stage.ended(rollbackId);
    expect({ status, resolution }).toEqual({
      status: 'failed',
      resolution: expect.stringMatching(
        new RegExp(
          `^Failed before anything was changed\\. Somebody deployed after the plan was made: ${other?.id} went from 1\\.2\\.0`,
        ),
      ),
    });
    expect(resolution).toContain('ask for the rollback again');
    expect(await standingOf(stage)).toEqual(before);
    expect(storyOf(await stage.events(rollbackId)).filter((event) => /^(apply|undo)/.test(event))).toEqual([]);
    await stage.expectOrder(rollbackId);
  });

  it.concurrent('closes: a step beside the one that failed, still at work, sends nothing any more', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const intending = holdCall(
      theatre,
      'dynamodb',
      'PutItem',
      ({ Item }) => Item.sk.S === 'COMMAND#prepare#0000' && Item.pk.S.startsWith(`ROLLBACK#${stage.application}-`),
    );
    // Tried again often enough that its neighbour has come to its intent by then.
    strike(theatre, stage, 'sendHostCommand', { ...killedAfter(5), times: 3, when: during('capture') });
    const rollbackId = await stage.start();
    await intending.begun;
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'failed' });
    await stage.expectOrder(rollbackId);
    intending.goOn();
    await until('the intent', 10_000, async () => (await stage.command(rollbackId, 'prepare')) && true, 50);
    await sleep(2000);
    expect((await commandsSent(theatre, rollbackId)).filter((sent) => sent.startsWith('prepare'))).toEqual([]);
    expect((await stage.command(rollbackId, 'prepare'))?.sentAt).toBeUndefined();
    expectNoEventTwice(await stage.events(rollbackId));
    await stage.expectOrder(rollbackId);
  });
});
