import type { Call } from '../service.ts';
import { History } from './history.ts';
import type { Program } from './program.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';

/** One deployed state machine. `authorize` asks for the machine's own role. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly definition: object;
  readonly authorize: Call['authorize'];
  readonly roleArn: string;
  readonly program: Program;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** How an execution ended. */
export interface Outcome {
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** One execution, running or over. Moments are milliseconds since the epoch. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  readonly input: string;
  readonly startedAt: number;
  readonly history: History;
  readonly scope: Scope;
  /** Resolves when it is over, whatever the status. */
  readonly ended: PromiseWithResolvers<void>;
  /** The executions it started. */
  readonly nested: Set<Execution>;
  status: ExecutionStatus;
  stoppedAt?: number;
  outcome: Outcome;
  transitions: number;
}

/** What starts and ends together: an execution, the branches of one Parallel, one of these branches, … */
export interface Scope {
  readonly signal: AbortSignal;
  /** Ends everything in the scope: no state starts any more, results are dropped. */
  end(): void;
  /** The id of the scope's newest history event. */
  lastEvent: number;
}

/** A scope, ended with `parent` at the latest. */
export function openScope(parent?: Scope): Scope {
  const controller = new AbortController();
  const signal = parent ? AbortSignal.any([parent.signal, controller.signal]) : controller.signal;
  return { signal, end: () => controller.abort(), lastEvent: parent?.lastEvent ?? 0 };
}

/** A new execution with the first event of its history. */
export function newExecution(machine: Machine, name: string, input: string, clock: () => number): Execution {
  const execution: Execution = {
    arn: `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`,
    name,
    machine,
    input,
    startedAt: clock(),
    history: new History(clock),
    scope: openScope(),
    ended: Promise.withResolvers(),
    nested: new Set(),
    status: 'RUNNING',
    outcome: {},
    transitions: 0,
  };
  record(execution, execution.scope, 'ExecutionStarted', { input, roleArn: machine.roleArn });
  return execution;
}

/** Adds an event to the history; nothing more once the scope has ended. */
export function record(execution: Execution, scope: Scope, type: string, details?: object, detailsOf?: string): void {
  if (scope.signal.aborted) return;
  scope.lastEvent = execution.history.record(type, details, scope.lastEvent, detailsOf);
}

/** Its own transitions and those of the executions it started. */
export function countTransitions(execution: Execution): number {
  return [...execution.nested].reduce((total, nested) => total + countTransitions(nested), execution.transitions);
}
