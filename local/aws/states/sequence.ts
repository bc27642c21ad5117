import { setImmediate as turn } from 'node:timers/promises';
import { ExecutionError, ExecutionTimeoutError, type RunOptions, StateMachine } from 'aws-local-stepfunctions';
import { type Execution, openScope, record, type Scope } from './execution.ts';
import { Halted, PAYLOAD_LIMIT, tooLarge } from './failures.ts';
import { ITEM_SELECTOR, type Program, stateKey, type Work } from './program.ts';
import { attemptTask, type Surroundings } from './tasks.ts';
import { newTaskToken } from './tokens.ts';

// biome-ignore lint/suspicious/noExplicitAny: states' inputs and outputs
type Json = any;

type EngineEvent = ReturnType<StateMachine['run']>['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never;

/** One program at work in a scope. */
interface Sequence {
  readonly execution: Execution;
  readonly scope: Scope;
  readonly program: Program;
  readonly surroundings: Surroundings;
  /** Tokens that the state which is being entered has read. */
  readonly tokensRead: string[];
  /** Attempts at the state under way, by name. */
  readonly attempts: Map<string, number>;
  readonly enteredAt: Map<string, number>;
}

/** The item of a Map that a program works on. */
interface MapItem {
  readonly Index: number;
  readonly Value: unknown;
}

/**
 * Runs a program to its end within `scope` and answers its output. Rejects with what the last state failed with, with the
 * engine's `ExecutionTimeoutError` or, when the scope has ended, with `Halted`.
 */
export async function runProgram(
  execution: Execution,
  scope: Scope,
  program: Program,
  input: unknown,
  surroundings: Surroundings,
  item?: MapItem,
): Promise<unknown> {
  if (scope.signal.aborted) throw new Halted();
  const sequence: Sequence = {
    execution,
    scope,
    program,
    surroundings,
    tokensRead: [],
    attempts: new Map(),
    enteredAt: new Map(),
  };
  // Already checked, by the newest validator; the engine's own knows less.
  const machine = new StateMachine(program.definition as Json, { validationOptions: { noValidate: true } });
  const run = machine.run(
    input as Json,
    {
      context: contextOf(sequence, item),
      overrides: { taskResourceLocalHandlers: handlersOf(sequence) },
    } as RunOptions,
  );
  scope.signal.addEventListener('abort', run.abort, { once: true });
  const oversize = recordEvents(sequence, run.eventLogs);
  try {
    return await Promise.race([run.result, oversize]);
  } catch (error) {
    // Branches have engines of their own that know nothing of the time-out.
    if (error instanceof ExecutionTimeoutError) scope.end();
    throw error instanceof ExecutionError ? error.cause : error;
  } finally {
    scope.signal.removeEventListener('abort', run.abort);
    await turn(); // the engine's last events
  }
}

function contextOf(sequence: Sequence, item?: MapItem): object {
  const { arn, name, machine, input, startedAt } = sequence.execution;
  const begun = { Input: JSON.parse(input), StartTime: new Date(startedAt).toISOString() };
  return {
    Execution: { Id: arn, Name: name, RoleArn: machine.roleArn, RedriveCount: 0 },
    Begun: begun,
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: Object.fromEntries(
      Object.keys(sequence.program.types).map((state) => [stateKey(state), stateContext(sequence, state)]),
    ),
    Task: taskContext(sequence),
    ...(item ? { Map: { Item: item } } : {}),
  };
}

function taskContext({ tokensRead }: Sequence): object {
  return {
    get Token() {
      const token = newTaskToken();
      tokensRead.push(token);
      return token;
    },
  };
}

function stateContext({ attempts, enteredAt, surroundings }: Sequence, state: string): object {
  return {
    Name: state,
    get EnteredTime() {
      return new Date(enteredAt.get(state) ?? surroundings.clock()).toISOString();
    },
    get RetryCount() {
      return attempts.get(state) ?? 0;
    },
  };
}

function handlersOf(sequence: Sequence): Record<string, (input: Json) => Promise<Json>> {
  const handlers = sequence.program.work.map((work) => [work.name, (input: Json) => handOver(sequence, work, input)] as const);
  return Object.fromEntries(handlers);
}

async function handOver(sequence: Sequence, work: Work, input: Json): Promise<unknown> {
  const { execution, scope, attempts, surroundings } = sequence;
  // The engine goes on retrying after an abort.
  if (scope.signal.aborted) throw new Halted();
  attempts.set(work.name, (attempts.get(work.name) ?? 0) + 1);
  if (work.kind === 'map') return runMap(sequence, work, input);
  if (work.kind === 'parallel') return runParallel(sequence, work, input);
  const parameters = input.Parameters;
  const token = takeToken(sequence, parameters);
  const timeoutSeconds = work.timeoutSeconds ?? input.TimeoutSeconds;
  return attemptTask({ execution, scope, work, parameters, timeoutSeconds, token }, surroundings);
}

/** The token that got into the parameters; a path may read more than one on its way. */
function takeToken({ tokensRead }: Sequence, parameters: unknown): string | undefined {
  const text = JSON.stringify(parameters);
  return tokensRead.splice(0).find((token) => text.includes(token));
}

async function runMap(sequence: Sequence, { name, item }: Extract<Work, { kind: 'map' }>, input: Json): Promise<unknown> {
  const { execution, surroundings } = sequence;
  const values: readonly unknown[] = input.Items;
  return runGroup(sequence, 'Map', { length: values.length }, async (group) => {
    const results: unknown[] = [];
    const queue = values.entries();
    const takeTurns = async () => {
      for (const [index, value] of queue) {
        if (group.signal.aborted) throw new Halted();
        const branch = openScope(group);
        const note = (what: string) => record(execution, branch, `MapIteration${what}`, { name, index });
        note('Started');
        const itemInput = ITEM_SELECTOR in (item.definition as Json).States ? input.Input : value;
        const context = { Index: index, Value: value };
        results[index] = await runProgram(execution, branch, item, itemInput, surroundings, context).catch((error) => {
          note('Failed');
          throw error;
        });
        note('Succeeded');
        group.lastEvent = branch.lastEvent;
      }
    };
    await Promise.all(Array.from({ length: Math.min(input.MaxConcurrency || values.length, values.length) }, takeTurns));
    return results;
  });
}

async function runParallel(sequence: Sequence, { branches }: Extract<Work, { kind: 'parallel' }>, input: Json): Promise<unknown> {
  const { execution, surroundings } = sequence;
  return runGroup(sequence, 'Parallel', undefined, (group) => {
    const runBranch = async (program: Program) => {
      const branch = openScope(group);
      const output = await runProgram(execution, branch, program, input.Input, surroundings);
      group.lastEvent = branch.lastEvent;
      return output;
    };
    return Promise.all(branches.map(runBranch));
  });
}

/** Runs branches that end together: the first failure stops all the others. */
async function runGroup(
  { execution, scope }: Sequence,
  type: 'Map' | 'Parallel',
  started: object | undefined,
  run: (group: Scope) => Promise<unknown>,
): Promise<unknown> {
  await turn(); // the engine's events of this state come first
  record(execution, scope, `${type}StateStarted`, started);
  const group = openScope(scope);
  try {
    const results = await run(group);
    scope.lastEvent = group.lastEvent;
    record(execution, scope, `${type}StateSucceeded`);
    return results;
  } catch (error) {
    group.end();
    record(execution, scope, `${type}StateFailed`);
    throw scope.signal.aborted ? new Halted() : error;
  }
}

/** Writes the engine's events into the history. Ends the scope and rejects when a payload is too large, else stays pending. */
function recordEvents(sequence: Sequence, events: AsyncIterable<EngineEvent>): Promise<never> {
  const failure = Promise.withResolvers<never>();
  const follow = async () => {
    for await (const event of events) recordEvent(sequence, event);
  };
  follow().catch((error) => {
    failure.reject(error);
    sequence.scope.end();
  });
  return failure.promise;
}

function recordEvent(sequence: Sequence, event: EngineEvent): void {
  const { execution, scope, program, attempts, enteredAt, surroundings } = sequence;
  if (scope.signal.aborted || !('state' in event) || event.state.name === ITEM_SELECTOR) return;
  const { name, input, output } = event.state;
  if (event.type === 'StateEntered' || event.type === 'StateRetried') execution.transitions++;
  if (event.type === 'StateEntered') {
    enteredAt.set(name, surroundings.clock());
    const details = { name, input: payloadText(name, input), inputDetails: { truncated: false } };
    record(execution, scope, `${program.types[name]}StateEntered`, details, 'stateEntered');
  } else if (event.type === 'StateExited') {
    attempts.delete(name);
    const details = { name, output: payloadText(name, output), outputDetails: { truncated: false } };
    record(execution, scope, `${program.types[name]}StateExited`, details, 'stateExited');
  }
}

function payloadText(state: string, payload: unknown): string {
  const text = JSON.stringify(payload ?? null);
  if (Buffer.byteLength(text) > PAYLOAD_LIMIT) throw tooLarge(state);
  return text;
}
