import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelCommandCommand,
  type CommandInvocation,
  GetCommandInvocationCommand,
  type InstanceInformationStringFilter,
  paginateDescribeInstanceInformation,
  paginateListCommandInvocations,
  paginateListCommands,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { config } from '../config.ts';
import { AnswerIncomplete, CommandSendUnclear, HostsUnreachable } from '../errors.ts';
import { clientDefaults, isError, isThrottling, wasRefused } from './client.ts';

/** Polling Run Command every second is throttled in the wild; adaptive retry with 10 attempts cured it. */
const client = new SSMClient({ ...clientDefaults, retryMode: 'adaptive', maxAttempts: 10 });
/** SendCommand has no client token: the SDK must not send again by itself after a time-out. */
const sender = new SSMClient({ ...clientDefaults, maxAttempts: 1 });

const SEND_ATTEMPTS = 5;
/** Seconds within which an agent must fetch the command; the run's own time-out stands in the document. */
const DELIVERY_TIMEOUT = 60;
const COMMENT_LENGTH = 100;
const CLOCK_SKEW_MS = 60_000;
const ERROR_SEPARATOR = /\n?-{4,}ERROR-{4,}\n?/;

export type Host = {
  readonly id: string;
  readonly online: boolean;
  readonly agentVersion: string;
  /** Private IP address; null when the agent reported none. */
  readonly address: string | null;
};

/**
 * The managed hosts that carry all these tags, sorted by id. Systems Manager leaves out instances that are stopped or never
 * registered, so an empty list does not mean that no such instance exists.
 */
export async function findHosts(tags: Readonly<Record<string, string>>): Promise<Host[]> {
  const hosts = await listAgents(Object.entries(tags).map(([key, value]) => ({ Key: `tag:${key}`, Values: [value] })));
  return hosts.sort((a, b) => a.id.localeCompare(b.id));
}

async function listAgents(filters: InstanceInformationStringFilter[]): Promise<Host[]> {
  const hosts: Host[] = [];
  for await (const page of paginateDescribeInstanceInformation({ client, pageSize: 50 }, { Filters: filters })) {
    for (const { InstanceId: id = '', PingStatus, AgentVersion = '', IPAddress = null } of page.InstanceInformationList ?? []) {
      hosts.push({ id, online: PingStatus === 'Online', agentVersion: AgentVersion, address: IPAddress });
    }
  }
  return hosts;
}

export type CommandRequest = {
  /** Name without the deployment's prefix, such as `inspect-host`. */
  readonly document: string;
  /** 1 to 50 instance ids. */
  readonly hosts: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Identifies the command among all others, so that `findCommand` finds it; cut at 100 characters. */
  readonly comment: string;
};

/**
 * Sends one command to all hosts and answers its id. Sending twice runs twice: only a throttled call, which AWS did not take, is
 * repeated here. Throws `CommandSendUnclear` when nobody knows whether it was sent, `HostsUnreachable` with those for whose sake it
 * was sent to nobody, AWS's own error when it was refused otherwise.
 */
export async function sendCommand({ document, hosts, parameters, comment }: CommandRequest): Promise<string> {
  const request = new SendCommandCommand({
    DocumentName: `${config.documentPrefix}${document}`,
    InstanceIds: [...hosts],
    Parameters: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
    TimeoutSeconds: DELIVERY_TIMEOUT,
    Comment: comment.slice(0, COMMENT_LENGTH),
  });
  for (let attempt = 1; ; attempt++) {
    try {
      const { Command } = await sender.send(request);
      if (!Command?.CommandId) throw new AnswerIncomplete('SendCommand', 'a CommandId');
      return Command.CommandId;
    } catch (error) {
      if (!wasRefused(error)) throw new CommandSendUnclear(comment, error);
      const lost = isError(error, 'InvalidInstanceId') ? await unreachable(hosts, error) : [];
      if (lost.length > 0) throw new HostsUnreachable(lost, error);
      if (!isThrottling(error) || attempt === SEND_ATTEMPTS) throw error;
      await sleep(Math.random() * 200 * 2 ** attempt);
    }
  }
}

/**
 * The hosts that SendCommand refused. Its message names them ("Instances [[i-…]] not in a valid state"), before the list of agents
 * knows: a stopped instance counts as online there for some minutes more.
 */
async function unreachable(hosts: readonly string[], { message }: Error): Promise<string[]> {
  const named = hosts.filter((id) => message.includes(id));
  if (named.length > 0) return named;
  const online = new Set((await listAgents([{ Key: 'PingStatus', Values: ['Online'] }])).map(({ id }) => id));
  return hosts.filter((id) => !online.has(id));
}

/**
 * The id of the command that was sent with this comment since `sentAfter` (ISO time), the first of several; null when there is
 * none. ListCommands is eventually consistent: null right after an attempt does not prove that nothing was sent.
 */
export async function findCommand(comment: string, sentAfter: string): Promise<string | null> {
  const since = new Date(Date.parse(sentAfter) - CLOCK_SKEW_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  const wanted = comment.slice(0, COMMENT_LENGTH);
  let first: { id: string; at: number } | null = null;
  for await (const page of paginateListCommands({ client, pageSize: 50 }, { Filters: [{ key: 'InvokedAfter', value: since }] })) {
    for (const { CommandId: id, Comment, RequestedDateTime } of page.Commands ?? []) {
      const at = RequestedDateTime?.getTime() ?? 0;
      if (id && Comment === wanted && (first === null || at < first.at)) first = { id, at };
    }
  }
  return first?.id ?? null;
}

export type Invocation = {
  readonly host: string;
  /** Pending, InProgress, Delayed, Success, Cancelled, TimedOut, Failed or Cancelling. */
  readonly status: string;
  /** The status in detail, such as `Undeliverable` or `ExecutionTimedOut`; some come spelt with blanks. */
  readonly statusDetails: string;
  /** Head of standard output; with `errorOutput` at most 2,500 characters. */
  readonly output: string;
  readonly errorOutput: string;
};

/**
 * What became of a command on each host, complete but for hosts that AWS does not show yet: right after sending the list may be
 * empty. The parent command's status is never asked, as it can read Success while hosts were unreachable.
 */
export async function invocations(commandId: string): Promise<Invocation[]> {
  const found: Invocation[] = [];
  try {
    const pages = paginateListCommandInvocations({ client, pageSize: 50 }, { CommandId: commandId, Details: true });
    for await (const page of pages) found.push(...(page.CommandInvocations ?? []).map(describeInvocation));
  } catch (error) {
    if (!isError(error, 'InvocationDoesNotExist', 'InvalidCommandId')) throw error;
  }
  return found;
}

function describeInvocation({ InstanceId, Status, StatusDetails, CommandPlugins = [] }: CommandInvocation): Invocation {
  const text = CommandPlugins.map((plugin) => plugin.Output ?? '').join('\n');
  const [output = '', ...errors] = text.split(ERROR_SEPARATOR);
  const status = { status: Status ?? 'Pending', statusDetails: StatusDetails ?? '' };
  return { host: InstanceId ?? '', ...status, output, errorOutput: errors.join('\n') };
}

/** The first 24,000 characters of a host's standard output; null while AWS does not know the invocation yet. */
export async function invocationOutput(commandId: string, host: string): Promise<string | null> {
  try {
    const answer = await client.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: host }));
    return answer.StandardOutputContent ?? '';
  } catch (error) {
    if (isError(error, 'InvocationDoesNotExist')) return null;
    throw error;
  }
}

/** Asks AWS to stop a command on every host. It is a request: what already runs is killed, what is over stays as it is. */
export async function cancelCommand(commandId: string): Promise<void> {
  await client.send(new CancelCommandCommand({ CommandId: commandId }));
}
