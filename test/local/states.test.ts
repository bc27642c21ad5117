import { setTimeout as pause } from 'node:timers/promises';
import {
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { until } from '../../local/until.ts';
import {
  functionArn,
  type Handler,
  INVOKE,
  invoke,
  machineArn,
  nested,
  sequence,
  single,
  startWorld,
  thrown,
} from './states-world.ts';

const pending = () => new Promise(() => {});

describe('a nested execution', () => {
  it('gives its output and counts into the transitions', async () => {
    const machines = { parent: single(nested('child')), child: single(invoke('f')) };
    await using world = await startWorld({ machines, functions: { f: () => ({ ok: true }) } });
    const { output = '', executionArn = '' } = await world.run('parent', { id: 1 });
    expect(JSON.parse(output)).toMatchObject({ Status: 'SUCCEEDED', Input: { id: 1 }, Output: { ok: true } });
    expect(world.states.transitions(executionArn)).toBe(2);
  });

  it('that fails is a failed task with its description as the cause', async () => {
    const machines = { parent: single(nested('child')), child: single({ Type: 'Fail', Error: 'HostsFailed', Cause: 'web-1' }) };
    await using world = await startWorld({ machines });
    const { error, cause = '' } = await world.run('parent');
    expect([error, JSON.parse(cause)]).toMatchObject([
      'States.TaskFailed',
      { Status: 'FAILED', Error: 'HostsFailed', Cause: 'web-1' },
    ]);
  });

  it.each<[string, object, string]>([
    ['is stopped', { End: true }, 'ABORTED'],
    ['has waited long enough', { End: true, TimeoutSeconds: 1 }, 'FAILED'],
  ])('is stopped when its parent %s', async (what, more, status) => {
    const machines = { parent: single(nested('child', more)), child: single({ Type: 'Wait', Seconds: 60, End: true }) };
    await using world = await startWorld({ machines });
    const executionArn = await world.start('parent');
    const children = () => world.client.send(new ListExecutionsCommand({ stateMachineArn: machineArn('child') }));
    const child = await until('child', 5000, async () => (await children()).executions?.[0], 5);
    if (what === 'is stopped') await world.client.send(new StopExecutionCommand({ executionArn }));
    expect(await world.ended(executionArn)).toMatchObject({ status });
    expect(await world.ended(child.executionArn ?? '')).toMatchObject({ status: 'ABORTED' });
  });

  it('needs the permission to start it', async () => {
    const machines = { parent: single(nested('child')), child: single({ Type: 'Succeed' }) };
    await using world = await startWorld({ machines, denied: ['states:StartExecution'] });
    expect(await world.run('parent')).toMatchObject({ status: 'FAILED', error: 'StepFunctions.AccessDeniedException' });
  });
});

describe('Map and Parallel', () => {
  const map = (more: object) => ({
    Type: 'Map',
    ItemsPath: '$.hosts',
    ItemSelector: { 'host.$': '$$.Map.Item.Value', 'of.$': '$.app' },
    ItemProcessor: { StartAt: 'Host', States: { Host: invoke('host') } },
    End: true,
    ...more,
  });

  it('do the items in order, one at a time, and none after one has failed', async () => {
    const host: Handler = (input) => (input.host === 'b' ? thrown('HostFailed', 'b') : pause(20, input));
    await using world = await startWorld({ machines: { m: single(map({ MaxConcurrency: 1 })) }, functions: { host } });
    const good = await world.run('m', { app: 'ad', hosts: ['a', 'c'] });
    expect(JSON.parse(good.output ?? '')).toEqual([
      { host: 'a', of: 'ad' },
      { host: 'c', of: 'ad' },
    ]);
    expect(await world.run('m', { app: 'ad', hosts: ['a', 'b', 'c', 'd'] })).toMatchObject({
      status: 'FAILED',
      error: 'HostFailed',
    });
    await pause(50);
    expect(world.invoked.slice(2)).toMatchObject([{ payload: { host: 'a' } }, { payload: { host: 'b' } }]);
  });

  it('go on behind their Catch without what the other branches still did', async () => {
    const branch = (name: string, more?: object) => ({ StartAt: name, States: { [name]: invoke(name, more) } });
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1 }];
    const parallel = {
      Type: 'Parallel',
      Branches: [branch('fails'), branch('stumbles', { Retry, End: true }), branch('hangs')],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Second' }],
      Next: 'Second',
    };
    const functions = { fails: () => pause(50, thrown('Bad', '')), stumbles: () => thrown('Again', ''), hangs: pending };
    const machines = { m: sequence(parallel, { Type: 'Wait', Seconds: 2, End: true }) };
    await using world = await startWorld({ machines, functions });
    expect(await world.run('m')).toMatchObject({ status: 'SUCCEEDED', output: expect.stringContaining('"Error":"Bad"') });
    expect(world.invoked.map(({ name }) => name).sort()).toEqual(['fails', 'hangs', 'stumbles']);
  });

  it('know the execution they are part of', async () => {
    const Parameters = {
      FunctionName: functionArn('f'),
      Payload: { 'input.$': '$$.Execution.Input', 'name.$': '$$.Execution.Name', 'state.$': '$$.State.Name' },
    };
    const Branches = [
      { StartAt: 'A', States: { A: invoke('f', { Parameters, End: true }) } },
      { StartAt: 'B', States: { B: { Type: 'Pass', End: true } } },
    ];
    const machines = { m: single({ Type: 'Parallel', Parameters: { part: true }, Branches, End: true }) };
    await using world = await startWorld({ machines, functions: { f: (payload) => payload } });
    const { output = '', name } = await world.run('m', { all: true });
    expect(JSON.parse(output)).toEqual([{ input: { all: true }, name, state: 'A' }, { part: true }]);
  });
});

describe('an execution', () => {
  it('stops where it is, and what still comes in is dropped', async () => {
    const slow = Promise.withResolvers();
    const machines = { m: sequence(invoke('slow', { Next: 'Second' }), invoke('after')) };
    await using world = await startWorld({ machines, functions: { slow: () => slow.promise } });
    const executionArn = await world.start('m');
    await until('invocation', 5000, async () => world.invoked[0], 5);
    await world.client.send(new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: 'by ann' }));
    slow.resolve({});
    await pause(30);
    expect(await world.describe(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Cancelled', cause: 'by ann' });
    expect(world.invoked.map(({ name }) => name)).toEqual(['slow']);
    expect((await world.history(executionArn)).at(-1)).toMatchObject({
      type: 'ExecutionAborted',
      executionAbortedEventDetails: { error: 'Cancelled' },
    });
  });

  it('times out as its definition says, with all that it started', async () => {
    const Branches = [{ StartAt: 'Child', States: { Child: nested('child') } }];
    const parent = { TimeoutSeconds: 1, ...single({ Type: 'Parallel', Branches, End: true }) };
    const child = sequence({ Type: 'Wait', Seconds: 2, Next: 'Second' }, invoke('f'));
    await using world = await startWorld({ machines: { parent, child } });
    expect(await world.run('parent')).toMatchObject({ status: 'TIMED_OUT' });
    const stateMachineArn = machineArn('child');
    const { executions } = await world.client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'ABORTED' }));
    expect(executions).toHaveLength(1);
  });

  it('has a name that is used once', async () => {
    await using world = await startWorld({ machines: { m: single({ Type: 'Wait', Seconds: 60, End: true }) } });
    const executionArn = await world.start('m', { a: 1 }, 'one');
    expect(executionArn).toBe(`${machineArn('m').replace('stateMachine', 'execution')}:one`);
    expect(await world.start('m', { a: 1 }, 'one')).toBe(executionArn);
    await expect(world.start('m', { a: 2 }, 'one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await world.client.send(new StopExecutionCommand({ executionArn }));
    await expect(world.start('m', { a: 1 }, 'one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each<[object, string]>([
    [{ name: 'with space' }, 'InvalidName'],
    [{ name: 'x'.repeat(81) }, 'InvalidName'],
    [{ input: '{' }, 'InvalidExecutionInput'],
    [{ input: JSON.stringify('x'.repeat(262_143)) }, 'InvalidExecutionInput'],
    [{ stateMachineArn: machineArn('none') }, 'StateMachineDoesNotExist'],
  ])('is not started for %j', async (request, name) => {
    await using world = await startWorld({ machines: { m: single({ Type: 'Succeed' }) } });
    const start = world.client.send(new StartExecutionCommand({ stateMachineArn: machineArn('m'), ...request }));
    await expect(start).rejects.toMatchObject({ name });
  });

  it('announces its start and its end', async () => {
    await using world = await startWorld({ machines: { m: single({ Type: 'Pass', End: true }) } });
    const { executionArn } = await world.run('m', { a: 1 });
    const event = { source: 'aws.states', detailType: 'Step Functions Execution Status Change' };
    expect(world.published).toMatchObject([
      { ...event, detail: { executionArn, status: 'RUNNING', input: '{"a":1}', output: null, stopDate: null } },
      { ...event, detail: { executionArn, status: 'SUCCEEDED', output: '{"a":1}', startDate: expect.any(Number) } },
    ]);
  });

  it('has a history in order, page by page, from either end', async () => {
    await using world = await startWorld({
      machines: { m: sequence(invoke('f', { Next: 'Second' })) },
      functions: { f: () => 1 },
    });
    const { executionArn } = await world.run('m');
    const history = await world.history(executionArn);
    expect(history.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(history.map(({ id, previousEventId }) => [id, previousEventId])).toEqual(
      history.map((_, index) => [index + 1, index]),
    );
    const ids: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const page = await world.client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 4, reverseOrder: true, nextToken }),
      );
      ids.push(page.events?.map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(ids).toEqual([[9, 8, 7, 6], [5, 4, 3, 2], [1]]);
  });

  it('is listed with its status, page by page', async () => {
    const machines = { m: single({ Type: 'Wait', SecondsPath: '$', End: true }) };
    await using world = await startWorld({ machines });
    for (const name of ['a', 'b', 'c']) await world.start('m', 60, name);
    await world.ended(await world.start('m', 0, 'd'));
    const request = { stateMachineArn: machineArn('m'), statusFilter: 'RUNNING', maxResults: 2 } as const;
    const first = await world.client.send(new ListExecutionsCommand(request));
    const second = await world.client.send(new ListExecutionsCommand({ ...request, nextToken: first.nextToken }));
    expect([first, second].map((page) => page.executions?.map(({ name }) => name))).toEqual([['c', 'b'], ['a']]);
    expect(second.nextToken).toBeUndefined();
  });
});

describe('a state machine', () => {
  it('is described and listed', async () => {
    await using world = await startWorld({ machines: { m: single({ Type: 'Succeed' }) } });
    const described = await world.client.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn('m') }));
    expect(JSON.parse(described.definition ?? '')).toEqual(single({ Type: 'Succeed' }));
    const { stateMachines } = await world.client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ name: 'm', type: 'STANDARD', creationDate: expect.any(Date) }]);
  });

  it.each<[string, object, string]>([
    [
      'a task without a time-out',
      invoke('f', { TimeoutSeconds: undefined, End: true }),
      'State Only of state machine m has no TimeoutSeconds',
    ],
    [
      'another resource',
      invoke('f', { Resource: 'arn:aws:states:::sns:publish', End: true }),
      'arn:aws:states:::sns:publish is not supported',
    ],
    ['a heartbeat', invoke('f', { HeartbeatSeconds: 2, End: true }), 'HeartbeatSeconds is not supported'],
    ['a token for nobody', invoke('f', { Resource: `${INVOKE}.waitForTaskToken`, End: true }), 'give to nobody'],
    ['a dangling Next', { Type: 'Pass', Next: 'Nowhere' }, 'Nowhere'],
    ['a name used twice', { Type: 'Parallel', Branches: [single({ Type: 'Succeed' })], End: true }, 'Only'],
  ])('is refused for %s', async (_, state, message) => {
    await expect(startWorld({ machines: { m: JSON.parse(JSON.stringify(single(state))) } })).rejects.toThrow(message);
  });
});
