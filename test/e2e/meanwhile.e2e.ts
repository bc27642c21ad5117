import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../local/until.ts';
import {
  commandsSent,
  during,
  expectNoEventTwice,
  expirePlan,
  holdCall,
  isSending,
  isTakingLock,
  killedAfter,
  strike,
} from './faults.ts';
import { contents, deployGoodThenBad, putBack } from './frontend.ts';
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

  it.concurrent('is held up until its plan is too old: nothing is begun, whatever its parts, and it is said to ask again', async () => {
    const stage = await theatre.stage({ verified: ['1.0.0', '1.1.0'], site: true });
    await deployGoodThenBad(stage);
    const [before, site] = [await standingOf(stage), await contents(stage)];
    for (const request of [{ target: { version: '1.1.0' } }, putBack]) {
      const taking = holdCall(theatre, 'dynamodb', 'UpdateItem', isTakingLock(theatre, stage));
      const rollbackId = await stage.start(request);
      await taking.begun;
      await expirePlan(theatre, rollbackId);
      taking.goOn();
      const rollback = await stage.ended(rollbackId);
      expect(rollback).toMatchObject({
        status: 'refused',
        refusal: { code: 'plan-expired' },
        resolution: expect.stringMatching(
          /^Refused: nothing is changed\. The plan of \S+ expired at \S+\. Ask for the rollback again\./,
        ),
      });
      expect(await commandsSent(theatre, rollbackId)).toEqual([]);
      const story = storyOf(await stage.events(rollbackId));
      expect(story.filter((event) => !/^(trigger|plan) /.test(event))).toEqual([
        'lock acquired',
        'prepare refused',
        'close refused',
      ]);
      await stage.expectOrder(rollbackId);
    }
    expect(await standingOf(stage)).toEqual(before);
    expect(await contents(stage)).toEqual(site);
  });

  it.concurrent('waits for people until its plan is too old: it cannot be approved, only cancelled', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: { approval: { required: ['code'], timeout: '1h' } } });
    const rollbackId = await stage.start();
    await stage.reached(rollbackId, (status) => status === 'awaiting-approval');
    await expirePlan(theatre, rollbackId);
    const approved = theatre.client('approver').call('POST', `/rollbacks/${rollbackId}/approve`, { reason: 'go' });
    await expect(approved).rejects.toMatchObject({ status: 409, message: expect.stringContaining('PlanExpired') });
    await stage.operator.call('POST', `/rollbacks/${rollbackId}/cancel`, { reason: 'too late' });
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'cancelled' });
    expect(await commandsSent(theatre, rollbackId)).toEqual([]);
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(rollbackId);
  });

  it.concurrent('is under way: it goes on to its end, however old its plan gets', async () => {
    const stage = await theatre.stage();
    const sending = holdCall(theatre, 'ssm', 'SendCommand', isSending(stage, 'apply'));
    const rollbackId = await stage.start();
    await sending.begun;
    await expirePlan(theatre, rollbackId);
    sending.goOn();
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'succeeded' });
    expect(await stage.versions()).toEqual(['1.1.0', '1.1.0']);
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
