import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { REGION } from '../../local/aws/service.ts';
import { defects } from '../../local/sample/edits.ts';
import { until } from '../../local/until.ts';
import {
  commandsSent,
  defect,
  during,
  expectNoEventTwice,
  killedAfter,
  letters,
  lostAnswer,
  strike,
  throttled,
  unavailable,
} from './faults.ts';
import { storyOf } from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const HEALTH = { host: 'http://localhost:8000/api/health', within: '2s' };
const SUCCEEDED = ['capture 0', 'prepare 0', 'apply 0', 'apply 1', 'verify 0'];

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

const expectOnce = async (stage: Stage, { rollbackId }: Rollback, commands: readonly string[]) => {
  expect(await commandsSent(theatre, rollbackId)).toEqual(commands);
  const events = await stage.events(rollbackId);
  expectNoEventTwice(events);
  expect(events.find(({ phase }) => phase === 'lock')?.detail).toEqual({ fence: 1 });
  await stage.expectOrder(rollbackId);
};

describe('a fault that comes once', () => {
  it.concurrent('in every step, after it has run: all is done once', async () => {
    const stage = await theatre.stage({ manifest: { approval: { required: ['code'], timeout: '1h' } } });
    for (const step of ['planRollback', 'acquireLock', 'requestApproval', 'verifyRollback', 'monitorRollback', 'closeRollback'])
      strike(theatre, stage, step, lostAnswer);
    for (const action of ['capture', 'apply']) {
      strike(theatre, stage, 'sendHostCommand', { ...lostAnswer, when: during(action) });
      strike(theatre, stage, 'awaitHostCommand', { ...lostAnswer, when: during(action) });
    }
    const rollbackId = await stage.start();
    const path = `/rollbacks/${rollbackId}`;
    await until(
      'the question',
      60_000,
      async () => (await stage.operator.call('GET', path)).status === 'awaiting-approval' || undefined,
    );
    // Whether the step that asks is just being tried again or not: a decision holds.
    await theatre
      .client('approver')
      .call('POST', `${path}/approve`, { reason: 'go' })
      .catch((error) => {
        expect(error).toMatchObject({ status: 409, message: expect.stringContaining('no longer awaited') });
      });
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'succeeded', approvedBy: expect.stringContaining('approver') });
    expect(await stage.versions()).toEqual(['1.1.0', '1.1.0']);
    await expectOnce(stage, rollback, SUCCEEDED);
  });

  it.concurrent('in every step, in the middle of it or instead of it: all is done once', async () => {
    const stage = await theatre.stage();
    for (const [step, afterMs] of [
      ['planRollback', 150],
      ['acquireLock', 15],
      ['verifyRollback', 25],
      ['monitorRollback', 30],
      ['closeRollback', 40],
    ] as const)
      strike(theatre, stage, step, killedAfter(afterMs));
    for (const [action, wave, sending, awaiting] of [
      ['capture', 0, killedAfter(20), killedAfter(50)],
      ['prepare', 0, killedAfter(40), throttled],
      ['apply', 0, killedAfter(60), killedAfter(300)],
      ['apply', 1, killedAfter(100), unavailable],
      ['verify', 0, throttled, killedAfter(150)],
    ] as const) {
      strike(theatre, stage, 'sendHostCommand', { ...sending, when: during(action, wave) });
      strike(theatre, stage, 'awaitHostCommand', { ...awaiting, when: during(action, wave) });
    }
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', from: { version: '1.2.0' }, to: { version: '1.1.0' } });
    expect(await stage.versions()).toEqual(['1.1.0', '1.1.0']);
    await expectOnce(stage, rollback, SUCCEEDED);
  });

  it.concurrent('in every step of an undo: it is undone, once', async () => {
    const target = await theatre.addRelease('4.1.0', defects.healthRed);
    const stage = await theatre.stage({ verified: [], manifest: { health: HEALTH } });
    await stage.recordTarget(target);
    for (const step of ['planUndo', 'verifyUndo']) strike(theatre, stage, step, lostAnswer);
    strike(theatre, stage, 'planUndo', killedAfter(30));
    strike(theatre, stage, 'sendHostCommand', { ...lostAnswer, when: during('undo') });
    strike(theatre, stage, 'sendHostCommand', { ...killedAfter(50), when: during('verify-undo') });
    strike(theatre, stage, 'awaitHostCommand', { ...lostAnswer, when: during('undo') });
    strike(theatre, stage, 'awaitHostCommand', { ...killedAfter(100), when: during('verify-undo') });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0', 'undo 0', 'verify-undo 0']);
  });

  it.concurrent('in Systems Manager, after it took the command: it is found, not sent again', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    for (const action of ['prepare', 'apply'])
      theatre.aws.faults.inject({
        service: 'ssm',
        operation: 'SendCommand',
        kind: 'lost-answer',
        when: ({ Comment, InstanceIds: [id] }) => id === stage.hosts[0]?.id && Comment.endsWith(` ${action} 0`),
      });
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('succeeded');
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0', 'verify 0']);
  });

  it.concurrent('in the answer to an alarm: one rollback starts', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const alarm = `${stage.application}-5xx`;
    const cloudwatch = new CloudWatchClient({
      endpoint: theatre.aws.endpoint,
      region: REGION,
      credentials: theatre.aws.credentials('admin'),
    });
    const metric = {
      Namespace: 'Test',
      MetricName: stage.application,
      Statistic: 'Sum' as const,
      Period: 86_400,
      EvaluationPeriods: 1,
    };
    await cloudwatch.send(
      new PutMetricAlarmCommand({ AlarmName: alarm, ...metric, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' }),
    );
    const { manifest = await stage.operator.call('GET', `/applications/${stage.application}`) } = {} as { manifest?: object };
    await stage.operator.call('PUT', `/applications/${stage.application}`, {
      ...manifest,
      triggers: [{ alarm, issue: 'application-bug' }],
    });
    const when = (event: { detail: { alarmName?: string } }) => event.detail.alarmName === alarm;
    for (const fault of [throttled, killedAfter(60), lostAnswer, unavailable])
      theatre.aws.lambda.inject(theatre.functionName('alarmChanged'), { ...fault, when });
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: alarm, StateValue: 'ALARM', StateReason: 'a test' }));
    const { rollbackId } = await until('a rollback', 30_000, async () => {
      const { rollbacks } = await stage.operator.call('GET', `/rollbacks?application=${stage.application}`);
      return rollbacks[0];
    });
    await stage.ended(rollbackId);
    const { rollbacks } = await stage.operator.call('GET', `/rollbacks?application=${stage.application}`);
    expect(rollbacks).toHaveLength(1);
    expect(await commandsSent(theatre, rollbackId)).toEqual(['capture 0', 'prepare 0', 'apply 0', 'verify 0']);
    await stage.expectOrder(rollbackId);
  });
});

describe('a step that fails for good', () => {
  it.concurrent('before a change: failed, and nothing is changed', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const rollBack = async (name: string, when = () => true) => {
      strike(theatre, stage, name, { ...defect, when });
      const rollback = await stage.rollBack();
      expect(rollback.status, name).toBe('failed');
      expect(rollback.resolution).toBe('Failed before anything was changed. x is not a function.');
      expect(letters(theatre, rollback.rollbackId)).toMatchObject([{ subject: `[${stage.application}] rollback failed` }]);
      await stage.expectOrder(rollback.rollbackId);
    };
    await rollBack('planRollback');
    await rollBack('acquireLock');
    await rollBack('sendHostCommand', during('capture') as () => boolean);
    await rollBack('awaitHostCommand', during('prepare') as () => boolean);
    expect(await stage.versions()).toEqual(['1.2.0']);
  });

  it.concurrent('when people are to be asked: failed, and nothing is changed', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: { approval: { required: ['code'], timeout: '1h' } } });
    strike(theatre, stage, 'requestApproval', defect);
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'failed', resolution: 'Failed before anything was changed. x is not a function.' });
    await stage.expectOrder(rollback.rollbackId);
  });

  it.concurrent.each([
    { what: 'is sent to the second wave', step: 'sendHostCommand', when: during('apply', 1), commands: ['apply 0', 'undo 0'] },
    {
      what: 'is awaited from the first wave',
      step: 'awaitHostCommand',
      when: during('apply', 0),
      commands: ['apply 0', 'undo 0'],
    },
    { what: 'is judged', step: 'verifyRollback', when: () => true, commands: ['apply 0', 'apply 1', 'verify 0', 'undo 0'] },
  ])('when a change $what: it is undone', async ({ step, when, commands }) => {
    const stage = await theatre.stage();
    strike(theatre, stage, step, { ...defect, when });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('x is not a function') });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', ...commands, 'verify-undo 0']);
  });

  it.concurrent('when the change is watched: it stays, unresolved', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    strike(theatre, stage, 'monitorRollback', defect);
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'unresolved', hosts: [{ version: '1.1.0' }] });
    expect(letters(theatre, rollback.rollbackId)).toHaveLength(1);
    await stage.expectOrder(rollback.rollbackId);
  });

  it.concurrent.each([
    { step: 'planUndo', when: () => true, runs: ['1.1.0', '1.2.0'] },
    { step: 'sendHostCommand', when: during('undo'), runs: ['1.1.0', '1.2.0'] },
    { step: 'verifyUndo', when: () => true, runs: ['1.2.0', '1.2.0'] },
  ])('in an undo ($step): failed, saying what every host runs', async ({ step, when, runs }) => {
    const stage = await theatre.stage();
    strike(theatre, stage, 'sendHostCommand', { ...defect, when: during('apply', 1) });
    strike(theatre, stage, step, { ...defect, when });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({
      status: 'failed',
      hosts: runs.map((version, index) => ({ id: stage.hosts[index]?.id, version })),
    });
    expect(await stage.versions()).toEqual(runs);
    for (const { id } of runs[0] === runs[1] ? [] : stage.hosts) expect(rollback.resolution).toContain(id);
    expect(letters(theatre, rollback.rollbackId)).toMatchObject([{ subject: `[${stage.application}] rollback failed` }]);
    await stage.expectOrder(rollback.rollbackId);
  });

  it.concurrent('when it is closed: closed by the safety net, saying what every host runs', async () => {
    const stage = await theatre.stage();
    strike(theatre, stage, 'closeRollback', defect);
    strike(theatre, stage, 'executionEnded', defect);
    strike(theatre, stage, 'executionEnded', killedAfter(100));
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({
      status: 'failed',
      resolution: expect.stringContaining('All 2 hosts run 1.1.0'),
      hosts: [{ version: '1.1.0' }, { version: '1.1.0' }],
    });
    await expectOnce(stage, rollback, SUCCEEDED);
    expect(letters(theatre, rollback.rollbackId)).toHaveLength(1);
  });

  it.concurrent('half-way through closing: the safety net ends it as it was begun', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    theatre.aws.faults.inject({
      service: 'dynamodb',
      operation: 'UpdateItem',
      kind: 'refused',
      times: 9,
      when: ({ ExpressionAttributeValues: values }, caller) =>
        caller.endsWith(theatre.functionName('closeRollback')) &&
        values[':status']?.S === 'succeeded' &&
        JSON.stringify(values).includes(stage.hosts[0]?.id ?? ''),
    });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', hosts: [{ version: '1.1.0' }] });
    expect(storyOf(await stage.events(rollback.rollbackId)).at(-1)).toBe('close succeeded');
    await stage.expectOrder(rollback.rollbackId);
  });
});
