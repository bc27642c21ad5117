import { AwsError } from '../service.ts';
import type { StepResult } from './agent.ts';
import { type Command, commandStanding, type Invocation, isOver, type Standing } from './command.ts';

/** What the API shows of an output, in characters; the head is kept. */
const STDOUT_LENGTH = 24_000;
const STDERR_LENGTH = 8_000;
const OUTPUT_LENGTH = 2_500;
const TRUNCATED = '--output truncated--';
const ERROR_HEADING = '\n----------ERROR-------\n';

function head(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length - TRUNCATED.length) + TRUNCATED;
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}

/** How a standing's details are written. */
function written({ status, details }: Standing) {
  return { Status: status, StatusDetails: details };
}

/** A command as SendCommand and ListCommands answer it. */
export function describeCommand(command: Command): object {
  const standings = command.invocations.map(({ standing }) => standing);
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    Parameters: command.parameters,
    InstanceIds: command.invocations.map(({ instanceId }) => instanceId),
    Targets: [],
    RequestedDateTime: seconds(command.sentAt),
    ExpiresAfter: seconds(command.expiresAt),
    TimeoutSeconds: command.deliverySeconds,
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    ...written(commandStanding(command)),
    TargetCount: standings.length,
    CompletedCount: standings.filter(isOver).length,
    ErrorCount: standings.filter(({ details }) => details === 'Failed' || details === 'ExecutionTimedOut').length,
    DeliveryTimedOutCount: standings.filter(({ details }) => details === 'DeliveryTimedOut').length,
    ...(command.cloudWatch && { CloudWatchOutputConfig: command.cloudWatch }),
  };
}

function pluginSummary(result: StepResult): object {
  const output = result.stderr ? result.stdout + ERROR_HEADING + result.stderr : result.stdout;
  return {
    Name: result.name,
    Status: result.status,
    StatusDetails: result.statusDetails,
    ResponseCode: result.responseCode,
    ResponseStartDateTime: seconds(result.startedAt),
    ResponseFinishDateTime: seconds(result.finishedAt),
    Output: head(output, OUTPUT_LENGTH),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
  };
}

/** An invocation as ListCommandInvocations answers it; the steps, with 2,500 characters of output each, only with `details`. */
export function describeInvocation(command: Command, invocation: Invocation, details: boolean): object {
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(command.sentAt),
    ...written(invocation.standing),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details ? invocation.results.map(pluginSummary) : [],
    ...(command.cloudWatch && { CloudWatchOutputConfig: command.cloudWatch }),
  };
}

function chosenStep(command: Command, plugin: string | undefined): string {
  const names = command.content.mainSteps.map(({ name }) => name);
  const [only] = names;
  if (plugin === undefined && names.length === 1 && only) return only;
  if (plugin !== undefined && names.includes(plugin)) return plugin;
  throw new AwsError('InvalidPluginName', `The plugin name is not valid; the document's steps are ${names.join(', ')}`);
}

function timing(result: StepResult | undefined) {
  if (!result) return { ExecutionStartDateTime: '', ExecutionElapsedTime: '', ExecutionEndDateTime: '' };
  const elapsed = (result.finishedAt.getTime() - result.startedAt.getTime()) / 1000;
  return {
    ExecutionStartDateTime: result.startedAt.toISOString(),
    ExecutionElapsedTime: `PT${elapsed}S`,
    ExecutionEndDateTime: result.finishedAt.toISOString(),
  };
}

/** One step of an invocation as GetCommandInvocation answers it. Throws `InvalidPluginName`. */
export function describePlugin(command: Command, invocation: Invocation, plugin: string | undefined): object {
  const name = chosenStep(command, plugin);
  const result = invocation.results.find((step) => step.name === name);
  const standing =
    result && command.content.mainSteps.length > 1
      ? { status: result.status, details: result.statusDetails }
      : invocation.standing;
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    PluginName: name,
    ResponseCode: result?.responseCode ?? -1,
    ...timing(result),
    ...written(standing),
    StandardOutputContent: head(result?.stdout ?? '', STDOUT_LENGTH),
    StandardOutputUrl: '',
    StandardErrorContent: head(result?.stderr ?? '', STDERR_LENGTH),
    StandardErrorUrl: '',
    ...(command.cloudWatch && { CloudWatchOutputConfig: command.cloudWatch }),
  };
}

interface ListInput {
  readonly CommandId?: string;
  readonly InstanceId?: string;
  readonly Filters?: readonly { readonly key: string; readonly value: string }[];
}

const FILTERS: Readonly<Record<string, (command: Command, value: string) => boolean>> = {
  InvokedAfter: ({ sentAt }, value) => sentAt > new Date(value),
  InvokedBefore: ({ sentAt }, value) => sentAt < new Date(value),
  Status: (command, value) => commandStanding(command).status === value,
  DocumentName: ({ documentName }, value) => documentName === value,
};

function passes(command: Command, { key, value }: { readonly key: string; readonly value: string }): boolean {
  const test = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
  if (!test) throw new AwsError('InvalidFilterKey', 'The specified filter key is not valid.');
  return test(command, value);
}

/** The commands that a listing asks for, newest first. Throws `InvalidFilterKey`. */
export function listed(commands: readonly Command[], { CommandId, InstanceId, Filters = [] }: ListInput): readonly Command[] {
  return commands.filter(
    (command) =>
      (CommandId === undefined || command.id === CommandId) &&
      (InstanceId === undefined || command.invocations.some(({ instanceId }) => instanceId === InstanceId)) &&
      Filters.every((filter) => passes(command, filter)),
  );
}
