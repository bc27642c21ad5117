import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, cancel, carryOut, type Surroundings } from './host/command.ts';
import { describeCommand, describeInvocation, describePlugin, listed } from './host/description.ts';
import { readDocument, type SsmDocument } from './host/document.ts';
import { describeDocument, findDocument, getDocument, type RegisteredDocument } from './host/documents.ts';
import { createFleet, type Fleet } from './host/fleet.ts';
import type { Host } from './host/host.ts';
import { describeInstances } from './host/instances.ts';
import { page } from './host/page.ts';
import { readCommand } from './host/send.ts';
import { ACCOUNT_ID, AwsError, type Call, type Operation, type PublishEvent, REGION, type Service } from './service.ts';

/** How long after sending a command and its invocations are not listed yet: the API is eventually consistent. */
const UNKNOWN_FOR_MS = 150;

/** What `createSsm` is told. */
export interface SsmOptions {
  /** State folder; the full output of commands that ask for it is kept in `logs/<group>/<command>/<instance>/<step>/`. */
  readonly directory: string;
  readonly documents: readonly SsmDocument[];
  readonly publish?: PublishEvent;
  /**
   * Milliseconds that one second of every time-out lasts: the delivery time-out (`TimeoutSeconds`, `ExpiresAfter` keeps real
   * seconds) and the execution time-out of the documents' steps. 1000 unless told; tests make it short.
   */
  readonly secondsMs?: number;
}

/** Systems Manager Run Command, and the hosts that it reaches. */
export interface Ssm extends Service {
  readonly hosts: Fleet['hosts'];
  /** Registers a host's agent as online. */
  registerHost(host: Host): void;
  /** `false`: the agent is not reached, `ConnectionLost`; what runs there runs on. */
  setOnline(id: string, online: boolean): void;
  /** The instance is gone for ever: left out of the list, refused by SendCommand, commands on their way become `Undeliverable`. */
  terminate(id: string): void;
  close(): Promise<void>;
}

function instanceArn(id: string): string {
  return `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:instance/${id}`;
}

function tagContext(tags: Readonly<Record<string, string>>): Record<string, string> {
  const keys = Object.entries(tags).flatMap(([key, value]) => [
    [`aws:ResourceTag/${key}`, value],
    [`ssm:resourceTag/${key}`, value],
  ]);
  return Object.fromEntries(keys);
}

async function authorizeSend(call: Call, fleet: Fleet, documentArn: string, instanceIds: readonly string[]): Promise<void> {
  await call.authorize('ssm:SendCommand', [documentArn]);
  for (const id of instanceIds) {
    await call.authorize('ssm:SendCommand', [instanceArn(id)], tagContext(fleet.hosts.get(id)?.host.tags ?? {}));
  }
}

function keepLog(directory: string): Surroundings['log'] {
  return (command, instanceId, step, stdout, stderr) => {
    if (!command.cloudWatch?.CloudWatchOutputEnabled) return;
    const group = command.cloudWatch.CloudWatchLogGroupName ?? `/aws/ssm/${command.documentName}`;
    const folder = join(directory, 'logs', group.replaceAll('..', ''), command.id, instanceId, step);
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, 'stdout'), stdout);
    appendFileSync(join(folder, 'stderr'), stderr);
  };
}

function sendCommand(
  around: Surroundings,
  documents: readonly RegisteredDocument[],
  commands: Command[],
  runs: Set<Promise<void>>,
): Operation {
  return async (input, call) => {
    const read = readCommand(input);
    const documentArn = findDocument(documents, read.documentName)?.arn ?? documentArnOf(read.documentName);
    await authorizeSend(call, around.fleet, documentArn, read.instanceIds);
    const command = read.check(documents, around.fleet);
    commands.unshift(command);
    const answer = { Command: describeCommand(command) };
    const run = carryOut(around, command).finally(() => runs.delete(run));
    runs.add(run);
    return answer;
  };
}

function documentArnOf(name: string): string {
  return name.startsWith('arn:') ? name : `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:document/${name}`;
}

function isKnown(command: Command): boolean {
  return Date.now() - command.sentAt.getTime() >= UNKNOWN_FOR_MS;
}

function getInvocation(commands: readonly Command[]): Operation {
  return async (input, call) => {
    await call.authorize('ssm:GetCommandInvocation', ['*']);
    const command = commands.find(({ id }) => id === input.CommandId);
    const invocation = command?.invocations.find(({ instanceId }) => instanceId === input.InstanceId);
    if (!command || !invocation || !isKnown(command)) throw new AwsError('InvocationDoesNotExist', '');
    return describePlugin(command, invocation, input.PluginName);
  };
}

function listInvocations(commands: readonly Command[]): Operation {
  return async (input, call) => {
    await call.authorize('ssm:ListCommandInvocations', ['*']);
    const found = listed(commands.filter(isKnown), input).flatMap((command) =>
      command.invocations
        .filter(({ instanceId }) => input.InstanceId === undefined || instanceId === input.InstanceId)
        .map((invocation) => describeInvocation(command, invocation, input.Details === true)),
    );
    const { items, ...rest } = page(found, input, { least: 1, most: 50 });
    return { CommandInvocations: items, ...rest };
  };
}

function listCommands(commands: readonly Command[]): Operation {
  return async (input, call) => {
    await call.authorize('ssm:ListCommands', ['*']);
    const { items, ...rest } = page(listed(commands.filter(isKnown), input), input, { least: 1, most: 50 });
    return { Commands: items.map(describeCommand), ...rest };
  };
}

function cancelCommand(commands: readonly Command[]): Operation {
  return async (input, call) => {
    await call.authorize('ssm:CancelCommand', ['*']);
    const command = commands.find(({ id }) => id === input.CommandId);
    if (!command) throw new AwsError('InvalidCommandId', `Command ${input.CommandId} is not known`);
    const ids: readonly string[] = input.InstanceIds ?? command.invocations.map(({ instanceId }) => instanceId);
    for (const id of ids) {
      if (!command.invocations.some(({ instanceId }) => instanceId === id))
        throw new AwsError('InvalidInstanceId', `${id} has no such command`);
    }
    for (const invocation of command.invocations) if (ids.includes(invocation.instanceId)) cancel(invocation);
    return {};
  };
}

/** Makes Systems Manager Run Command for hosts on this machine. `close()` ends all commands, then every process of every host. */
export function createSsm({ directory, documents: given, publish, secondsMs = 1000 }: SsmOptions): Ssm {
  const fleet = createFleet();
  const documents = given.map((document) => ({ ...document, content: readDocument(document), createdAt: new Date() }));
  const commands: Command[] = [];
  const runs = new Set<Promise<void>>();
  const around: Surroundings = { fleet, secondsMs, publish, log: keepLog(directory) };
  return {
    scope: 'ssm',
    protocol: 'json',
    operations: {
      SendCommand: sendCommand(around, documents, commands, runs),
      GetCommandInvocation: getInvocation(commands),
      ListCommandInvocations: listInvocations(commands),
      ListCommands: listCommands(commands),
      CancelCommand: cancelCommand(commands),
      DescribeInstanceInformation: describeInstances(fleet),
      DescribeDocument: describeDocument(documents),
      GetDocument: getDocument(documents),
    },
    hosts: fleet.hosts,
    registerHost: fleet.register,
    setOnline: fleet.setOnline,
    terminate: fleet.terminate,
    async close() {
      for (const command of commands) command.invocations.forEach(cancel);
      await Promise.all(runs);
      await Promise.all([...fleet.hosts.values()].map(({ host }) => host.stop()));
    },
  };
}
