import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import type { CallFault } from '../../local/aws/call-faults.ts';
import { defects, slow } from '../../local/sample/edits.ts';
import { until } from '../../local/until.ts';
import { alarmSwitch } from './alarm-switch.ts';
import {
  commandsSent,
  defect,
  during,
  expectNoEventTwice,
  isSending,
  killedAfter,
  lettersOf,
  lostAnswer,
  strike,
  strikeAlarm,
  throttled,
  unavailable,
} from './faults.ts';
import { openTheatre, type Stage, type StageOptions, type Theatre } from './harness.ts';

const HEALTH = { host: 'http://localhost:8000/api/health', within: '2s' };
const ASKS_PEOPLE = { required: ['code' as const], timeout: '1h' };
const ASKS_NOBODY = { required: [], timeout: '1h' };
const SUCCEEDED = ['capture 0', 'prepare 0', 'apply 0', 'apply 1', 'verify 0'];

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

const expectOnce = async (stage: Stage, { rollbackId }: Rollback, commands: readonly string[]) => {
  expect(await commandsSent(theatre, rollbackId)).toEqual(commands);
  expectNoEventTwice(await stage.events(rollbackId));
  await stage.expectOrder(rollbackId);
};

const expectLetter = async (stage: Stage, { rollbackId, status }: Rollback) =>
  expect(await lettersOf(theatre, rollbackId)).toMatchObject([{ subject: `[${stage.application}] rollback ${status}` }]);

/** Registers the application again with other settings. */
const change = async ({ operator, application }: Stage, changes: StageOptions['manifest']) => {
  const path = `/applications/${application}`;
  await operator.call('PUT', path, { ...(await operator.call('GET', path)), ...changes });
};

describe('a fault that comes once', () => {
  it.concurrent('in every step from the alarm to the end, after the step has run: all is done once', async () => {
    const stage = await theatre.stage({ manifest: { approval: ASKS_PEOPLE } });
    const alarm = `${stage.application}-5xx`;
    const alarms = alarmSwitch(theatre);
    await alarms.create([alarm]);
    await change(stage, { triggers: [{ alarm, issue: 'application-bug' }] });
    for (const fault of [throttled, killedAfter(60), lostAnswer]) strikeAlarm(theatre, stage, alarm, fault);
    for (const step of ['planRollback', 'acquireLock', 'requestApproval', 'verifyRollback', 'monitorRollback', 'closeRollback'])
      strike(theatre, stage, step, lostAnswer);
    for (const step of ['acquireLock', 'verifyRollback', 'closeRollback']) strike(theatre, stage, step, throttled);
    for (const step of ['requestApproval', 'closeRollback']) strike(theatre, stage, step, killedAfter(20));
    strike(theatre, stage, 'sendHostCommand', { ...lostAnswer, when: during('apply') });
    await alarms.set([alarm], 'ALARM');
    const list = async (): Promise<Rollback[]> =>
      (await stage.operator.call('GET', `/rollbacks?application=${stage.application}`)).rollbacks;
    const { rollbackId } = await until('the question', 60_000, async () =>
      (await list()).find(({ status }) => status === 'awaiting-approval'),
    );
    // Whether the step that asks is just being tried again or not: a decision holds.
    const approved = theatre.client('approver').call('POST', `/rollbacks/${rollbackId}/approve`, { reason: 'go' });
    await approved.catch((error) => expect(error.status).toBe(409));
    await alarms.set([alarm], 'OK');
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'succeeded', performedBy: `alarm ${alarm}` });
    expect(rollback.approvedBy).toContain('approver');
    expect(await list()).toHaveLength(1);
    expect(await stage.versions()).toEqual(['1.1.0', '1.1.0']);
    await expectOnce(stage, rollback, SUCCEEDED);
  });

  it.concurrent('in every step, in the middle of it or instead of it: all is done once', async () => {
    const stage = await theatre.stage({ verified: [] });
    // Slow enough that the commands outlast the step that sends them.
    await stage.recordTarget(await theatre.addRelease('4.2.0', slow({ installSeconds: 5, startSeconds: 5 })));
    const [canary] = stage.hosts;
    strike(theatre, stage, 'planRollback', killedAfter(150));
    strike(theatre, stage, 'acquireLock', killedAfter(15));
    strike(theatre, stage, 'verifyRollback', killedAfter(25));
    strike(theatre, stage, 'monitorRollback', killedAfter(30));
    for (const [action, wave, sending, awaiting] of [
      ['capture', 0, killedAfter(20), null],
      ['prepare', 0, killedAfter(40), throttled],
      ['apply', 0, killedAfter(60), killedAfter(300)],
      ['apply', 1, killedAfter(100), unavailable],
      ['verify', 0, throttled, null],
    ] as const) {
      strike(theatre, stage, 'sendHostCommand', { ...sending, when: during(action, wave) });
      if (awaiting) strike(theatre, stage, 'awaitHostCommand', { ...awaiting, when: during(action, wave) });
    }
    // The event that it is over is written, the header is not, however often the step is tried.
    theatre.aws.faults.inject({
      service: 'dynamodb',
      operation: 'UpdateItem',
      kind: 'refused',
      times: 9,
      owner: stage.application,
      when: ({ ExpressionAttributeValues: values }, caller) =>
        caller.endsWith(theatre.functionName('closeRollback')) &&
        values[':status']?.S === 'succeeded' &&
        JSON.stringify(values).includes(canary?.id ?? ''),
    });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', from: { version: '1.2.0' }, to: { version: '4.2.0' } });
    expect(await stage.versions()).toEqual(['4.2.0', '4.2.0']);
    await expectOnce(stage, rollback, SUCCEEDED);
    await expectLetter(stage, rollback);
  });

  it.concurrent('in every step of an undo, or in Systems Manager after it took a command: it is undone, once', async () => {
    const target = await theatre.addRelease('4.1.0', defects.healthRed);
    const stage = await theatre.stage({ hosts: 1, verified: [], manifest: { health: HEALTH } });
    await stage.recordTarget(target);
    for (const fault of [throttled, killedAfter(30), lostAnswer]) {
      strike(theatre, stage, 'planUndo', fault);
      strike(theatre, stage, 'verifyUndo', fault);
    }
    strike(theatre, stage, 'sendHostCommand', { ...lostAnswer, when: during('undo') });
    strike(theatre, stage, 'sendHostCommand', { ...killedAfter(100), when: during('verify-undo') });
    for (const action of ['apply', 'verify-undo'])
      theatre.aws.faults.inject({
        service: 'ssm',
        operation: 'SendCommand',
        kind: 'lost-answer',
        owner: stage.application,
        when: isSending(stage, action),
      });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }] });
    expect(await stage.versions()).toEqual(['1.2.0']);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0', 'undo 0', 'verify-undo 0']);
  });
});

describe('a bus or a topic that is down', () => {
  const failing = (service: string, operation: string, code: string, times: number, when: CallFault['when']): CallFault => ({
    ...{ service, operation, kind: 'error', times },
    error: { code, message: 'oops', status: 500 },
    ...(when && { when }),
  });

  it.concurrent('decides no rollback, and people are told in the end', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: { approval: ASKS_PEOPLE } });
    const { faults } = theatre.aws;
    const isOurs: CallFault['when'] = ({ Entries: [{ Detail }] }) => JSON.parse(Detail).application === stage.application;
    faults.inject(failing('events', 'PutEvents', 'InternalException', 1000, isOurs));
    // The SDK tries three times; nobody is told that it awaits approval.
    const saying =
      (words: string) =>
      ({ Subject }: { Subject: string }) =>
        Subject === `[${stage.application}] rollback ${words}`;
    faults.inject({
      ...failing('sns', 'Publish', 'InternalErrorException', 3, saying('awaits approval')),
      owner: stage.application,
    });
    // As often as the last step is tried: the safety net tells it.
    faults.inject({ ...failing('sns', 'Publish', 'InternalErrorException', 9, saying('succeeded')), owner: stage.application });
    const rollbackId = await stage.start();
    await until('the question', 60_000, async () => {
      const { status } = await stage.operator.call('GET', `/rollbacks/${rollbackId}`);
      return status === 'awaiting-approval' || undefined;
    });
    await theatre.client('approver').call('POST', `/rollbacks/${rollbackId}/approve`, { reason: 'go' });
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'succeeded', hosts: [{ version: '1.1.0' }] });
    await until('the letter', 60_000, async () => {
      const { notifiedAt } = await stage.operator.call('GET', `/rollbacks/${rollbackId}`);
      return notifiedAt;
    });
    await expectLetter(stage, rollback);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0', 'verify 0']);
  });
});

describe('a step that fails for good', () => {
  it.concurrent('before a change: failed, and nothing is changed; in an undo: failed, saying what the host runs', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    for (const [step, when] of [
      ['planRollback', () => true],
      ['acquireLock', () => true],
      ['requestApproval', () => true],
      ['sendHostCommand', during('capture')],
      ['sendHostCommand', during('prepare')],
    ] as const) {
      await change(stage, { approval: step === 'requestApproval' ? ASKS_PEOPLE : ASKS_NOBODY });
      strike(theatre, stage, step, { ...defect, when });
      const rollback = await stage.rollBack();
      expect(rollback, step).toMatchObject({
        status: 'failed',
        resolution: 'Failed before anything was changed. x is not a function.',
      });
      await expectLetter(stage, rollback);
      await stage.expectOrder(rollback.rollbackId);
    }
    expect(await stage.versions()).toEqual(['1.2.0']);
    for (const [step, when, version] of [
      ['verifyUndo', () => true, '1.2.0'],
      ['sendHostCommand', during('undo'), '1.1.0'],
    ] as const) {
      strike(theatre, stage, 'verifyRollback', defect);
      strike(theatre, stage, step, { ...defect, when });
      const rollback = await stage.rollBack();
      expect(rollback, step).toMatchObject({ status: 'failed', hosts: [{ id: stage.hosts[0]?.id, version }] });
      expect(rollback.resolution).toContain(`${stage.hosts[0]?.id} runs ${version}`);
      expect(await stage.versions()).toEqual([version]);
      await stage.expectOrder(rollback.rollbackId);
    }
  });

  it.concurrent('in a change: it is undone; when the undo can not be planned: failed, saying which host runs what', async () => {
    const stage = await theatre.stage();
    for (const [step, when, commands] of [
      ['sendHostCommand', during('apply', 1), ['apply 0', 'undo 0']],
      ['verifyRollback', () => true, ['apply 0', 'apply 1', 'verify 0', 'undo 0']],
    ] as const) {
      strike(theatre, stage, step, { ...defect, when });
      const rollback = await stage.rollBack();
      expect(rollback, step).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
      expect(rollback.resolution).toContain('x is not a function');
      expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
      await expectOnce(stage, rollback, ['capture 0', 'prepare 0', ...commands, 'verify-undo 0']);
    }
    strike(theatre, stage, 'sendHostCommand', { ...defect, when: during('apply', 1) });
    strike(theatre, stage, 'planUndo', defect);
    const rollback = await stage.rollBack();
    const [canary, other] = stage.hosts;
    expect(rollback).toMatchObject({ status: 'failed', hosts: [{ version: '1.1.0' }, { version: '1.2.0' }] });
    expect(rollback.resolution).toContain(`${canary?.id} runs 1.1.0`);
    expect(rollback.resolution).toContain(`${other?.id} runs 1.2.0`);
    expect(await stage.versions()).toEqual(['1.1.0', '1.2.0']);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0']);
  });

  it.concurrent('when hosts are looked at or waited for: it is said that they gave no answer, or the change is undone', async () => {
    const stage = await theatre.stage({ hosts: 1, verified: ['1.0.0', '1.1.0'] });
    const [host] = stage.hosts;
    strike(theatre, stage, 'sendHostCommand', { ...defect, when: during('verify') });
    const unseen = await stage.rollBack();
    expect(unseen).toMatchObject({ status: 'unresolved', hosts: [{ id: host?.id, commit: null, note: 'gave no answer' }] });
    expect(await stage.versions()).toEqual(['1.1.0']);
    await expectOnce(stage, unseen, ['capture 0', 'prepare 0', 'apply 0']);

    strike(theatre, stage, 'verifyRollback', defect);
    strike(theatre, stage, 'sendHostCommand', { ...defect, when: during('verify-undo') });
    const unproven = await stage.rollBack();
    expect(unproven).toMatchObject({ status: 'failed', hosts: [{ id: host?.id, version: '1.1.0' }] });
    expect(await stage.versions()).toEqual(['1.1.0']);
    await expectOnce(stage, unproven, ['capture 0', 'prepare 0', 'apply 0', 'verify 0', 'undo 0']);

    // Slow enough that the command outlasts the step that sends it.
    await stage.recordTarget(await theatre.addRelease('4.3.1', slow({ startSeconds: 8 })));
    strike(theatre, stage, 'awaitHostCommand', { ...defect, when: during('apply') });
    const unawaited = await stage.rollBack({ target: { version: '4.3.1' } });
    expect(unawaited).toMatchObject({ status: 'undone', hosts: [{ version: '1.1.0' }] });
    expect(await stage.versions()).toEqual(['1.1.0']);
    await expectOnce(stage, unawaited, ['capture 0', 'prepare 0', 'apply 0', 'undo 0', 'verify-undo 0']);
  });

  it.concurrent('as Lambda is too busy for it, longer than it is tried again: the change is undone', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    strike(theatre, stage, 'verifyRollback', { ...throttled, times: 7 });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }] });
    expect(await stage.versions()).toEqual(['1.2.0']);
    await expectOnce(stage, rollback, ['capture 0', 'prepare 0', 'apply 0', 'verify 0', 'undo 0', 'verify-undo 0']);
  });

  it.concurrent('when the change is watched: unresolved; when it is closed: the safety net closes it', async () => {
    const stage = await theatre.stage({ hosts: 1, verified: ['1.0.0', '1.1.0'] });
    strike(theatre, stage, 'monitorRollback', defect);
    const watched = await stage.rollBack();
    expect(watched).toMatchObject({ status: 'unresolved', hosts: [{ version: '1.1.0' }] });
    await expectLetter(stage, watched);
    await stage.expectOrder(watched.rollbackId);

    strike(theatre, stage, 'closeRollback', defect);
    for (const fault of [throttled, killedAfter(100), defect]) strike(theatre, stage, 'executionEnded', fault);
    const closed = await stage.rollBack();
    expect(closed).toMatchObject({ status: 'failed', hosts: [{ version: '1.0.0' }] });
    expect(closed.resolution).toContain(`${stage.hosts[0]?.id} runs 1.0.0`);
    await expectLetter(stage, closed);
    await expectOnce(stage, closed, ['capture 0', 'prepare 0', 'apply 0', 'verify 0']);
  });
});
