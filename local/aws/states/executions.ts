import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { ExecutionTimeoutError } from 'aws-local-stepfunctions';
import { AwsError, type InvokeFunction, type PublishEvent } from '../service.ts';
import { type Execution, type ExecutionStatus, type Machine, newExecution, type Outcome } from './execution.ts';
import { PAYLOAD_LIMIT } from './failures.ts';
import { runProgram } from './sequence.ts';
import type { Surroundings } from './tasks.ts';
import { TaskTokens } from './tokens.ts';

/** 1 to 80 characters, none of white space, brackets, wildcards, controls and `"#%\^|~`$&,;:/`. */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

/** All executions of the machines, running and over. */
export class Executions {
  readonly tokens = new TaskTokens();
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #byArn = new Map<string, Execution>();
  readonly #surroundings: Surroundings;
  readonly #publish: PublishEvent;
  #closed = false;

  constructor(machines: readonly Machine[], invoke: InvokeFunction, publish: PublishEvent, clock: () => number) {
    this.#machines = new Map(machines.map((machine) => [machine.arn, machine]));
    this.#publish = publish;
    this.#surroundings = {
      invoke,
      clock,
      tokens: this.tokens,
      startNested: (machineArn, name, input) => this.start(machineArn, name, input),
      stop: (execution) => this.stop(execution, {}),
    };
  }

  machine(arn: string): Machine {
    const machine = this.#machines.get(arn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  execution(arn: string): Execution {
    const execution = this.#byArn.get(arn);
    if (!execution) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  /** Newest first. */
  of(machine: Machine): readonly Execution[] {
    return [...this.#byArn.values()].filter((execution) => execution.machine === machine).reverse();
  }

  /** Starts an execution; the running one of the same name and input is answered instead. */
  start(machineArn: string, name: string = randomUUID(), input = '{}'): Execution {
    const machine = this.machine(machineArn);
    if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    checkInput(input);
    const execution = newExecution(machine, name, input, this.#surroundings.clock);
    const existing = this.#byArn.get(execution.arn);
    if (existing?.status === 'RUNNING' && existing.input === input) return existing;
    if (existing) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${existing.arn}'`);
    this.#byArn.set(execution.arn, execution);
    this.#announce(execution);
    void this.#run(execution);
    return execution;
  }

  /** Nothing of the execution starts after this; the executions it started stop with it. */
  stop(execution: Execution, why: Pick<Outcome, 'error' | 'cause'>): void {
    this.#finish(execution, 'ABORTED', why);
  }

  /** Drops everything that runs, without a trace: the machine is switched off. */
  close(): void {
    this.#closed = true;
    for (const execution of this.#byArn.values()) execution.scope.end();
  }

  async #run(execution: Execution): Promise<void> {
    const { scope, machine, input } = execution;
    await turn(); // the caller hears of the start before anything happens
    try {
      const output = await runProgram(execution, scope, machine.program, JSON.parse(input), this.#surroundings);
      this.#finish(execution, 'SUCCEEDED', { output: JSON.stringify(output ?? null) });
    } catch (error) {
      if (error instanceof ExecutionTimeoutError) this.#finish(execution, 'TIMED_OUT', { error: 'States.Timeout' });
      else this.#finish(execution, 'FAILED', failureOf(error));
    }
  }

  #finish(execution: Execution, status: ExecutionStatus, outcome: Outcome): void {
    const { scope, history } = execution;
    if (execution.status !== 'RUNNING' || this.#closed) return;
    execution.status = status;
    execution.stoppedAt = this.#surroundings.clock();
    execution.outcome = outcome;
    history.record(END_EVENTS[status], outcome, scope.lastEvent);
    scope.end();
    this.#announce(execution);
    execution.ended.resolve();
  }

  #announce(execution: Execution): void {
    const { arn, name, machine, status, startedAt, stoppedAt = null, input, outcome } = execution;
    const { output = null, error = null, cause = null } = outcome;
    const ends = { status, startDate: startedAt, stopDate: stoppedAt, input, output, error, cause };
    this.#publish({
      source: 'aws.states',
      detailType: 'Step Functions Execution Status Change',
      resources: [arn],
      detail: { executionArn: arn, stateMachineArn: machine.arn, name, ...ends },
    });
  }
}

const END_EVENTS: Readonly<Record<ExecutionStatus, string>> = {
  RUNNING: '',
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
};

function checkInput(input: string): void {
  const size = Buffer.byteLength(input);
  if (size > PAYLOAD_LIMIT)
    throw new AwsError('InvalidExecutionInput', `Invalid Execution Input: size ${size} exceeds ${PAYLOAD_LIMIT}`);
  try {
    JSON.parse(input);
  } catch (error) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${String(error)}'`);
  }
}

/** The engine's own words for a Fail state without Error or Cause. */
function failureOf(error: unknown): Outcome {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return {
    ...(name === 'FailStateError' ? {} : { error: name }),
    ...(message === 'Execution failed because of a Fail state' ? {} : { cause: message }),
  };
}
