/**
 * Makes of a definition what the engine can run truly: Map and Parallel states become tasks whose branches are programs of their
 * own, since the engine would go on with a Map's queued items after one has failed.
 */
import aslValidator from 'asl-validator';

// biome-ignore lint/suspicious/noExplicitAny: the Amazon States Language, checked by its validator before it is read
type Json = any;

/** `arn:aws:states:::<service>:<action>`, the forms of a Task's Resource that are known here. */
export type TaskResource = 'lambda:invoke' | 'lambda:invoke.waitForTaskToken' | 'states:startExecution.sync:2';

/** What the engine hands over for a state instead of doing it itself. */
export type Work =
  | { readonly kind: 'task'; readonly name: string; readonly resource: TaskResource; readonly timeoutSeconds?: number }
  | { readonly kind: 'map'; readonly name: string; readonly item: Program }
  | { readonly kind: 'parallel'; readonly name: string; readonly branches: readonly Program[] };

/** One sequence of states: a whole machine, a Parallel's branch or what a Map does for each item. */
export interface Program {
  readonly definition: object;
  readonly work: readonly Work[];
  /** The states' types as they were written, by name. */
  readonly types: Readonly<Record<string, string>>;
}

/** The name of the state that is put before a Map's item processor to apply the ItemSelector. It is in no history. */
export const ITEM_SELECTOR = '(item selector)';

/** A definition that cannot be run here as AWS would run it: the machine isn't made. */
class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

const RESOURCES: readonly string[] = ['lambda:invoke', 'lambda:invoke.waitForTaskToken', 'states:startExecution.sync:2'];
const TASK_TOKEN = '$$.Task.Token';
/** Fields the engine would overlook in silence. */
const UNSUPPORTED = [
  'Assign',
  'Arguments',
  'Output',
  'Items',
  'Credentials',
  'HeartbeatSeconds',
  'HeartbeatSecondsPath',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
];
/** Timers take 31 bits of milliseconds; more would end at once. */
const LONGEST_SECONDS = 2_147_483;

/** Checks a definition and makes its program. Throws `DefinitionError` naming machine and state. */
export function compile(machine: string, definition: object): Program {
  const { isValid, errorsText } = aslValidator(copy(definition));
  if (!isValid) throw new DefinitionError(`State machine ${machine} is invalid: ${errorsText('\n')}`);
  return compileSequence(machine, copy(definition));
}

/** The validator writes defaults into what it is given. */
function copy(definition: object): Json {
  return JSON.parse(JSON.stringify(definition));
}

/** The key in `$$.State` under which a state finds itself; hexadecimal, so that any name fits into a path. */
export function stateKey(name: string): string {
  return `s${Buffer.from(name).toString('hex')}`;
}

function compileSequence(machine: string, sequence: Json): Program {
  if ((sequence.QueryLanguage ?? 'JSONPath') !== 'JSONPath')
    throw new DefinitionError(`State machine ${machine} is not JSONPath`);
  const states = Object.entries<Json>(sequence.States);
  for (const [name, state] of states) refuseUnsupported(`State ${name} of state machine ${machine}`, state);
  return {
    definition: {
      StartAt: sequence.StartAt,
      States: Object.fromEntries(states.map(([name, state]) => [name, translate(name, state)])),
      ...(sequence.TimeoutSeconds === undefined ? {} : { TimeoutSeconds: Math.min(sequence.TimeoutSeconds, LONGEST_SECONDS) }),
    },
    work: states.flatMap(([name, state]) => workOf(machine, name, state)),
    types: Object.fromEntries(states.map(([name, state]) => [name, state.Type])),
  };
}

function refuseUnsupported(place: string, state: Json): void {
  const field = UNSUPPORTED.find((name) => name in state);
  if (field) throw new DefinitionError(`${place}: ${field} is not supported here`);
  if ((state.QueryLanguage ?? 'JSONPath') !== 'JSONPath') throw new DefinitionError(`${place} is not JSONPath`);
  if (state.Type === 'Task') refuseUnsupportedTask(place, state);
}

function refuseUnsupportedTask(place: string, task: Json): void {
  if (!RESOURCES.includes(resourceOf(task))) throw new DefinitionError(`${place}: ${task.Resource} is not supported here`);
  if (task.Parameters === undefined) throw new DefinitionError(`${place} has no Parameters`);
  if (task.TimeoutSeconds === undefined && task.TimeoutSecondsPath === undefined)
    throw new DefinitionError(`${place} has no TimeoutSeconds: it could wait for about three years`);
  if (task.Resource.endsWith('.waitForTaskToken') && !JSON.stringify(task.Parameters).includes(TASK_TOKEN))
    throw new DefinitionError(`${place} waits for a task token that its Parameters give to nobody`);
}

function resourceOf(task: Json): TaskResource {
  return task.Resource.replace('arn:aws:states:::', '');
}

function workOf(machine: string, name: string, state: Json): Work[] {
  if (state.Type === 'Task') return [{ kind: 'task', name, resource: resourceOf(state), timeoutSeconds: state.TimeoutSeconds }];
  if (state.Type === 'Map') return [{ kind: 'map', name, item: compileItem(machine, state) }];
  if (state.Type !== 'Parallel') return [];
  return [{ kind: 'parallel', name, branches: state.Branches.map((branch: Json) => compileSequence(machine, branch)) }];
}

function compileItem(machine: string, map: Json): Program {
  const program = compileSequence(machine, map.ItemProcessor ?? map.Iterator);
  const selector = map.ItemSelector ?? map.Parameters;
  if (selector === undefined) return program;
  const { StartAt, States } = program.definition as Json;
  const select = { Type: 'Pass', Parameters: selector, Next: StartAt };
  return { ...program, definition: { StartAt: ITEM_SELECTOR, States: { ...States, [ITEM_SELECTOR]: select } } };
}

function translate(name: string, state: Json): Json {
  return correctPaths(name, withoutDefaults(asEngineState(state)));
}

/** `Parameters` wraps what was written, because the engine looks for TimeoutSecondsPath in them and not in the state's input. */
function asEngineState(state: Json): Json {
  if (state.Type === 'Task') return asEngineTask(state);
  if (state.Type === 'Map') {
    const { ItemProcessor, Iterator, ItemSelector, ItemsPath = '$', MaxConcurrency, MaxConcurrencyPath, ...rest } = state;
    const concurrency = MaxConcurrencyPath ? { 'MaxConcurrency.$': MaxConcurrencyPath } : { MaxConcurrency: MaxConcurrency ?? 0 };
    return asGroup(rest, { 'Input.$': '$', 'Items.$': ItemsPath, ...concurrency });
  }
  if (state.Type !== 'Parallel') return state;
  const { Branches, Parameters, ...rest } = state;
  return asGroup(rest, Parameters === undefined ? { 'Input.$': '$' } : { Input: Parameters });
}

function asEngineTask(task: Json): Json {
  const { Parameters, TimeoutSeconds, TimeoutSecondsPath, ...rest } = task;
  if (TimeoutSecondsPath === undefined)
    return { ...rest, Parameters: { Parameters }, TimeoutSeconds: Math.min(TimeoutSeconds, LONGEST_SECONDS) };
  const wrapped = { Parameters, 'TimeoutSeconds.$': TimeoutSecondsPath };
  return { ...rest, Parameters: wrapped, TimeoutSecondsPath: '$.TimeoutSeconds' };
}

function asGroup(state: Json, parameters: object): Json {
  return { ...state, Type: 'Task', Resource: 'group', Parameters: parameters, TimeoutSeconds: LONGEST_SECONDS };
}

/** The engine would take the default `ResultPath: $` for a member named `$`. */
function withoutDefaults(state: Json): Json {
  const { ResultPath, ...rest } = state;
  const kept = ResultPath === undefined || ResultPath === '$' ? rest : state;
  return kept.Catch
    ? { ...kept, Catch: kept.Catch.map((c: Json) => (c.ResultPath === '$' ? { ...c, ResultPath: undefined } : c)) }
    : kept;
}

/** The engine has no `$$.State`, and in a branch it takes the branch's input and start for the execution's. */
function correctPaths(name: string, state: Json): Json {
  const text = JSON.stringify(state)
    .replaceAll('$$.State.', () => `$$.State.${stateKey(name)}.`)
    .replaceAll(/\$\$\.Execution\.(Input|StartTime)\b/g, (_, member) => `$$.Begun.${member}`);
  return JSON.parse(text);
}
