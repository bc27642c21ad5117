import { setImmediate as turn } from 'node:timers/promises';
import { ACCOUNT_ID, type InvocationResult, type InvokeFunction, REGION } from '../service.ts';
import { type Execution, record, type Scope } from './execution.ts';
import { Halted, PAYLOAD_LIMIT, StateFailure, serviceFailure, tooLarge } from './failures.ts';
import type { TaskResource, Work } from './program.ts';
import type { TaskTokens } from './tokens.ts';

/** What tasks reach in the world outside of their execution. */
export interface Surroundings {
  readonly invoke: InvokeFunction;
  readonly tokens: TaskTokens;
  readonly clock: () => number;
  /** Starts an execution, or answers the running one of that name and input. Throws `AwsError`. */
  startNested(machineArn: string, name: string | undefined, input: string): Execution;
  stop(execution: Execution): void;
}

/** One attempt at a Task state. */
export interface Attempt {
  readonly execution: Execution;
  readonly scope: Scope;
  readonly work: Extract<Work, { kind: 'task' }>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the definition's Parameters make of the state's input
  readonly parameters: any;
  readonly timeoutSeconds: number;
  /** The token that stands in the parameters. */
  readonly token: string | undefined;
}

/** An attempt under way; `signal` is aborted when it is over, whatever the way. */
interface UnderWay extends Attempt {
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
}

const LATEST = '$LATEST';

const PERFORM: Readonly<Record<TaskResource, (task: UnderWay) => Promise<unknown>>> = {
  'lambda:invoke': invokeLambda,
  'lambda:invoke.waitForTaskToken': invokeAndWait,
  'states:startExecution.sync:2': runNested,
};

/**
 * Does what a Task's Resource says. Rejects with `StateFailure`; stays pending after a time-out, which is the engine's to report;
 * rejects with `Halted` when the scope ends, so that the engine lets its timers go.
 */
export function attemptTask(attempt: Attempt, surroundings: Surroundings): Promise<unknown> {
  const over = new AbortController();
  const answer = Promise.withResolvers<unknown>();
  // Set before the engine's own timer of the same length: nothing of this attempt happens between the two.
  const timer = setTimeout(() => timeOut(attempt, over), attempt.timeoutSeconds * 1000);
  const halt = () => answer.reject(new Halted());
  attempt.scope.signal.addEventListener('abort', halt);
  over.signal.addEventListener('abort', () => clearTimeout(timer));
  perform({ ...attempt, surroundings, signal: over.signal }).then(answer.resolve, answer.reject);
  return answer.promise.finally(() => {
    attempt.scope.signal.removeEventListener('abort', halt);
    over.abort();
  });
}

function timeOut(attempt: Attempt, over: AbortController): void {
  over.abort();
  recordTask(attempt, 'TaskTimedOut', { error: 'States.Timeout' });
}

async function perform(task: UnderWay): Promise<unknown> {
  await turn(); // the engine's events of this state come first
  if (task.signal.aborted) return new Promise(() => {});
  const { parameters, timeoutSeconds } = task;
  recordTask(task, 'TaskScheduled', { region: REGION, parameters: JSON.stringify(parameters), timeoutInSeconds: timeoutSeconds });
  recordTask(task, 'TaskStarted', {});
  const settled = await PERFORM[task.work.resource](task).then(checkSize(task), (error) => ({ error }));
  if (task.signal.aborted) return new Promise(() => {});
  if ('error' in settled) {
    recordTask(task, 'TaskFailed', { error: settled.error.name, cause: settled.error.message });
    throw settled.error;
  }
  recordTask(task, 'TaskSucceeded', { output: settled.output, outputDetails: { truncated: false } });
  return JSON.parse(settled.output);
}

function checkSize(task: UnderWay): (result: unknown) => { output: string } | { error: Error } {
  return (result) => {
    const output = JSON.stringify(result ?? null);
    return Buffer.byteLength(output) > PAYLOAD_LIMIT ? { error: tooLarge(task.work.name) } : { output };
  };
}

function recordTask(task: Attempt, type: string, details: object): void {
  const [resourceType, ...resource] = task.work.resource.split(':');
  record(task.execution, task.scope, type, { resourceType, resource: resource.join(':'), ...details });
}

async function invokeLambda(task: UnderWay): Promise<object> {
  const { FunctionName, Payload = {} } = task.parameters;
  const functionArn = String(FunctionName).startsWith('arn:')
    ? FunctionName
    : `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${FunctionName}`;
  try {
    await task.execution.machine.authorize('lambda:InvokeFunction', [functionArn]);
    if (task.signal.aborted) throw new Halted();
    return lambdaAnswer(await task.surroundings.invoke(functionArn, Payload));
  } catch (error) {
    throw serviceFailure('Lambda', error);
  }
}

function lambdaAnswer({ payload, functionError }: InvocationResult): object {
  if (!functionError) return { ExecutedVersion: LATEST, Payload: payload ?? null, StatusCode: 200 };
  const { errorType = 'Lambda.Unknown' } = (payload ?? {}) as { errorType?: string };
  throw new StateFailure(errorType, JSON.stringify(payload));
}

async function invokeAndWait(task: UnderWay): Promise<unknown> {
  const { surroundings, signal, token } = task;
  if (!token) throw new StateFailure('States.Runtime', 'No task token is in the Parameters', true);
  const answered = surroundings.tokens.wait(token, signal);
  // A function may answer the token before it returns itself, but its failure is the task's.
  const invoked = invokeLambda(task).then((output) => {
    if (!signal.aborted) recordTask(task, 'TaskSubmitted', { output: JSON.stringify(output) });
    return answered;
  });
  return Promise.race([answered, invoked]);
}

async function runNested(task: UnderWay): Promise<object> {
  const nested = await startNested(task);
  const { stop } = task.surroundings;
  task.execution.nested.add(nested);
  if (task.signal.aborted) stop(nested);
  task.signal.addEventListener('abort', () => stop(nested));
  recordTask(task, 'TaskSubmitted', { output: JSON.stringify({ ExecutionArn: nested.arn, StartDate: nested.startedAt }) });
  await nested.ended.promise;
  if (nested.status !== 'SUCCEEDED') throw new StateFailure('States.TaskFailed', JSON.stringify(nestedAnswer(nested)));
  const output = JSON.parse(nested.outcome.output ?? 'null');
  return { ...nestedAnswer(nested), Input: JSON.parse(nested.input), Output: output, OutputDetails: { Included: true } };
}

async function startNested(task: UnderWay): Promise<Execution> {
  const { StateMachineArn, Name, Input = {} } = task.parameters;
  try {
    await task.execution.machine.authorize('states:StartExecution', [StateMachineArn]);
    if (task.signal.aborted) throw new Halted();
    return task.surroundings.startNested(StateMachineArn, Name, JSON.stringify(Input));
  } catch (error) {
    throw serviceFailure('StepFunctions', error);
  }
}

/** DescribeExecution as service integrations show it: capital letters, milliseconds. */
function nestedAnswer(nested: Execution): object {
  const { arn, name, machine, input, status, startedAt, stoppedAt, outcome } = nested;
  return {
    ExecutionArn: arn,
    Input: input,
    InputDetails: { Included: true },
    Name: name,
    StartDate: startedAt,
    StateMachineArn: machine.arn,
    Status: status,
    StopDate: stoppedAt,
    ...(outcome.error === undefined ? {} : { Error: outcome.error }),
    ...(outcome.cause === undefined ? {} : { Cause: outcome.cause }),
    RedriveCount: 0,
    RedriveStatus: status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
  };
}
