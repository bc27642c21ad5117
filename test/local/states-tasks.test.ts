import { setTimeout as pause } from 'node:timers/promises';
import { SendTaskFailureCommand, SendTaskSuccessCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/service.ts';
import { until } from '../../local/until.ts';
import { approval, functionArn, type Handler, invoke, sequence, single, startWorld, thrown } from './states-world.ts';

describe('a Lambda task', () => {
  it('gives the function its payload and the next state the answer', async () => {
    await using world = await startWorld({
      machines: { m: single(invoke('double')) },
      functions: { double: ({ n }) => ({ n: 2 * n }) },
    });
    const execution = await world.run('m', { n: 21 });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', input: '{"n":21}', output: '{"n":42}', stopDate: expect.any(Date) });
    expect(world.role.asked).toEqual([`lambda:InvokeFunction ${functionArn('double')}`]);
  });

  it('is tried again when Lambda is busy, and every attempt is a transition', async () => {
    let calls = 0;
    const busy = () => {
      calls += 1;
      if (calls < 3) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      return 'done';
    };
    const Retry = [{ ErrorEquals: ['Lambda.TooManyRequestsException'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 3 }];
    await using world = await startWorld({ machines: { m: single(invoke('busy', { End: true, Retry })) }, functions: { busy } });
    const { status, output, executionArn = '' } = await world.run('m');
    expect([status, output, calls]).toEqual(['SUCCEEDED', '"done"', 3]);
    expect(world.states.transitions(executionArn)).toBe(3);
    const failures = (await world.history(executionArn)).filter(({ type }) => type === 'TaskFailed');
    expect(failures.map(({ taskFailedEventDetails }) => taskFailedEventDetails?.error)).toEqual(
      Array(2).fill('Lambda.TooManyRequestsException'),
    );
  });

  it.each<[string, Handler, string, string]>([
    [
      'a thrown error',
      () => thrown('ReleaseIsBad', 'no'),
      'ReleaseIsBad',
      '{"errorType":"ReleaseIsBad","errorMessage":"no","trace":[]}',
    ],
    ['a time-out of the function', () => thrown('Sandbox.Timedout', 'timed out'), 'Sandbox.Timedout', 'timed out'],
    [
      'an error of the service',
      () => Promise.reject(new AwsError('ServiceException', 'inner', 500)),
      'Lambda.ServiceException',
      'Status Code: 500',
    ],
    [
      'a missing function',
      () => Promise.reject(new AwsError('ResourceNotFoundException', 'none', 404)),
      'Lambda.ResourceNotFoundException',
      'none',
    ],
  ])('shows %s to its Catch beside the input', async (_, f, error, cause) => {
    const Catch = [{ ErrorEquals: [error], ResultPath: '$.failure', Next: 'Second' }];
    await using world = await startWorld({ machines: { m: sequence(invoke('f', { Catch, Next: 'Second' })) }, functions: { f } });
    const { status, output = '' } = await world.run('m', { id: 1 });
    expect([status, JSON.parse(output)]).toEqual([
      'SUCCEEDED',
      { id: 1, failure: { Error: error, Cause: expect.stringContaining(cause) } },
    ]);
  });

  it('fails when the role may not invoke the function', async () => {
    await using world = await startWorld({ machines: { m: single(invoke('f')) }, denied: ['lambda:InvokeFunction'] });
    expect(await world.run('m')).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('not authorized'),
    });
    expect(world.invoked).toEqual([]);
  });

  it('ends with a time-out that States.TaskFailed does not match and drops the late answer', async () => {
    const Catch = [
      { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
      { ErrorEquals: ['States.Timeout'], ResultPath: '$.failure', Next: 'Late' },
    ];
    const States = {
      Slow: invoke('slow', { TimeoutSeconds: undefined, TimeoutSecondsPath: '$.wait', Catch, Next: 'Wrong' }),
      Wrong: { Type: 'Fail', Error: 'Wrong' },
      Late: { Type: 'Wait', Seconds: 1, End: true },
    };
    await using world = await startWorld({
      machines: { m: { StartAt: 'Slow', States } },
      functions: { slow: () => pause(1500) },
    });
    const execution = await world.run('m', { wait: 1 });
    expect(JSON.parse(execution.output ?? '')).toMatchObject({ failure: { Error: 'States.Timeout' } });
    const types = (await world.history(execution.executionArn)).map(({ type }) => type);
    expect(types).toContain('TaskTimedOut');
    expect(types).not.toContain('TaskSucceeded');
  });

  it('whose answer is too large fails past States.ALL', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Second' }];
    const machines = { m: sequence(invoke('f', { Catch, Next: 'Second' })) };
    await using world = await startWorld({ machines, functions: { f: () => 'x'.repeat(262_145) } });
    expect(await world.run('m')).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('does not start when the states before have gathered too much', async () => {
    const gather = { Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' }, Next: 'Second' };
    await using world = await startWorld({ machines: { m: sequence(gather, invoke('f')) } });
    expect(await world.run('m', 'x'.repeat(200_000))).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(world.invoked).toEqual([]);
  });
});

describe('a task token', () => {
  const waiting = async (more?: object) => {
    const world = await startWorld({
      machines: { m: sequence(approval(more ?? { Next: 'Second' })) },
      functions: { ask: () => null },
    });
    const executionArn = await world.start('m');
    const question = await until('question', 5000, async () => world.invoked[0], 5);
    const { token: taskToken, state } = question.payload as { token: string; state: string };
    return { world, executionArn, taskToken, state };
  };

  it('ends the wait with what SendTaskSuccess brings, once', async () => {
    const { world, executionArn, taskToken, state } = await waiting();
    await using _ = world;
    await expect(world.client.send(new SendTaskSuccessCommand({ taskToken, output: '{' }))).rejects.toMatchObject({
      name: 'InvalidOutput',
    });
    await world.client.send(new SendTaskSuccessCommand({ taskToken, output: '{"by":"ann"}' }));
    expect([state, (await world.ended(executionArn)).output]).toEqual(['First', '{"by":"ann"}']);
    const again = new SendTaskSuccessCommand({ taskToken, output: '{}' });
    await expect(world.client.send(again)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    const unknown = new SendTaskSuccessCommand({ taskToken: 'made up', output: '{}' });
    await expect(world.client.send(unknown)).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('fails the task with what SendTaskFailure brings', async () => {
    const { world, executionArn, taskToken } = await waiting();
    await using _ = world;
    await world.client.send(new SendTaskFailureCommand({ taskToken, error: 'ApprovalRejected', cause: 'not now' }));
    expect(await world.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'ApprovalRejected', cause: 'not now' });
  });

  it.each<[string, object]>([
    ['the time-out', { TimeoutSeconds: 1, Next: 'Second' }],
    ['the stop of its execution', { Next: 'Second' }],
  ])('is worthless after %s', async (what, more) => {
    const { world, executionArn, taskToken } = await waiting(more);
    await using _ = world;
    if (what.startsWith('the stop')) await world.client.send(new StopExecutionCommand({ executionArn }));
    await world.ended(executionArn);
    const late = world.client.send(new SendTaskFailureCommand({ taskToken }));
    await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  it('is a new one for each item of a Map', async () => {
    const map = { Type: 'Map', ItemProcessor: { StartAt: 'Ask', States: { Ask: approval() } }, End: true };
    await using world = await startWorld({ machines: { m: single(map) }, functions: { ask: () => null } });
    const executionArn = await world.start('m', [1, 2]);
    await until('questions', 5000, async () => (world.invoked.length === 2 ? true : undefined), 5);
    for (const [index, { payload }] of world.invoked.entries()) {
      const { token: taskToken } = payload as { token: string };
      await world.client.send(new SendTaskSuccessCommand({ taskToken, output: String(index) }));
    }
    expect((await world.ended(executionArn)).output).toBe('[0,1]');
  });
});
