import { type PublishEvent, REGION } from '../service.ts';
import { runDocument, type StepResult } from './agent.ts';
import type { DocumentContent } from './document.ts';
import type { Fleet } from './fleet.ts';

/** Where a command or one of its invocations stands. `details` are the longer list of StatusDetails. */
export interface Standing {
  readonly status: 'Pending' | 'InProgress' | 'Success' | 'Cancelled' | 'TimedOut' | 'Failed' | 'Cancelling';
  readonly details: string;
}

/** One command on one host. */
export interface Invocation {
  readonly instanceId: string;
  readonly cancel: AbortController;
  standing: Standing;
  results: readonly StepResult[];
}

/** A command that was sent. */
export interface Command {
  readonly id: string;
  readonly documentName: string;
  readonly content: DocumentContent;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly comment: string;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  readonly deliverySeconds: number;
  readonly maxConcurrency: string;
  readonly maxErrors: string;
  readonly cloudWatch?: { readonly CloudWatchLogGroupName?: string; readonly CloudWatchOutputEnabled?: boolean };
  readonly invocations: readonly Invocation[];
  /** The last status of the command that an event told. */
  announced?: string;
}

/** What carrying a command out needs. */
export interface Surroundings {
  readonly fleet: Fleet;
  readonly secondsMs: number;
  readonly publish?: PublishEvent | undefined;
  readonly log: (command: Command, instanceId: string, step: string, stdout: string, stderr: string) => void;
}

const TERMINAL: ReadonlySet<string> = new Set(['Success', 'Cancelled', 'TimedOut', 'Failed']);
const CANCELLED: Standing = { status: 'Cancelled', details: 'Cancelled' };

/** True once a standing does not change any more. */
export function isOver({ status }: Standing): boolean {
  return TERMINAL.has(status);
}

/** A number of hosts, given as such or as a percentage of all. */
function share(limit: string, all: number): number {
  return limit.endsWith('%') ? Math.floor((Number.parseInt(limit, 10) / 100) * all) : Number(limit);
}

function count(command: Command, details: string): number {
  return command.invocations.filter((invocation) => invocation.standing.details === details).length;
}

/**
 * The command's own standing, as misleading as the real one: invocations that were undeliverable don't count at all, so four of them
 * and one success read `Success`.
 */
export function commandStanding(command: Command): Standing {
  const all = command.invocations.map(({ standing }) => standing);
  if (!all.every(isOver)) {
    if (all.some(({ status }) => status === 'Cancelling')) return { status: 'Cancelling', details: 'Cancelling' };
    if (all.every(({ status }) => status === 'Pending')) return { status: 'Pending', details: 'Pending' };
    return { status: 'InProgress', details: 'InProgress' };
  }
  const limit = share(command.maxErrors, all.length);
  if (count(command, 'Failed') > limit) return { status: 'Failed', details: 'Failed' };
  if (count(command, 'ExecutionTimedOut') > limit) return { status: 'TimedOut', details: 'ExecutionTimedOut' };
  if (count(command, 'DeliveryTimedOut') > limit) return { status: 'TimedOut', details: 'DeliveryTimedOut' };
  if (count(command, 'Cancelled') > 0) return CANCELLED;
  const delivered = all.filter(({ details }) => details !== 'Undeliverable');
  if (delivered.length === 0) return { status: 'Failed', details: 'Undeliverable' };
  if (delivered.every(({ status }) => status === 'Success')) return { status: 'Success', details: 'Success' };
  return { status: 'Failed', details: 'Incomplete' };
}

function announce({ publish }: Surroundings, command: Command, invocation: Invocation): void {
  const shared = {
    'command-id': command.id,
    'document-name': command.documentName,
    'requested-date-time': command.sentAt.toISOString(),
    'expire-after': command.expiresAt.toISOString(),
  };
  publish?.({
    source: 'aws.ssm',
    detailType: 'EC2 Command Invocation Status-change Notification',
    resources: [`arn:aws:ec2:${REGION}::instance/${invocation.instanceId}`],
    detail: { ...shared, 'instance-id': invocation.instanceId, status: invocation.standing.status },
  });
  const { status } = commandStanding(command);
  if (status === command.announced) return;
  command.announced = status;
  publish?.({
    source: 'aws.ssm',
    detailType: 'EC2 Command Status-change Notification',
    resources: command.invocations.map(({ instanceId }) => `arn:aws:ec2:${REGION}::instance/${instanceId}`),
    detail: { ...shared, parameters: command.parameters, status },
  });
}

function outcome(results: readonly StepResult[], cancelled: boolean): Standing {
  if (cancelled && results.some(({ status }) => status === 'Cancelled')) return CANCELLED;
  const bad = results.find(({ status }) => status === 'TimedOut') ?? results.find(({ status }) => status === 'Failed');
  return bad ? { status: bad.status, details: bad.statusDetails } : { status: 'Success', details: 'Success' };
}

async function run(around: Surroundings, command: Command, invocation: Invocation): Promise<Standing> {
  const { fleet, secondsMs } = around;
  const { instanceId, cancel } = invocation;
  const delivered = await fleet.untilOnline(instanceId, command.deliverySeconds * secondsMs, cancel.signal);
  const host = fleet.hosts.get(instanceId);
  if (!delivered || !host) {
    return host?.terminated
      ? { status: 'Failed', details: 'Undeliverable' }
      : { status: 'TimedOut', details: 'DeliveryTimedOut' };
  }
  const { id: commandId, content, parameters } = command;
  const onOutput = (step: string, stdout: string, stderr: string) => around.log(command, instanceId, step, stdout, stderr);
  const results = await runDocument({
    host: host.host,
    commandId,
    content,
    parameters,
    secondsMs,
    cancel: cancel.signal,
    onOutput,
  });
  // An agent that went away keeps its result and reports it when it is back.
  const reported = await fleet.untilOnline(instanceId, command.deliverySeconds * secondsMs, new AbortController().signal);
  if (!reported) return { status: 'TimedOut', details: 'ExecutionTimedOut' };
  invocation.results = results;
  return outcome(results, cancel.signal.aborted);
}

async function deliver(around: Surroundings, command: Command, invocation: Invocation): Promise<void> {
  const turn = (standing: Standing) => {
    invocation.standing = standing;
    announce(around, command, invocation);
  };
  if (isOver(invocation.standing)) return;
  const errors = count(command, 'Failed') + count(command, 'ExecutionTimedOut');
  if (errors > share(command.maxErrors, command.invocations.length)) return turn({ status: 'Cancelled', details: 'Terminated' });
  turn({ status: 'InProgress', details: 'InProgress' });
  turn(await run(around, command, invocation).catch(() => CANCELLED));
}

/** Sends a command to its hosts, `maxConcurrency` at a time, and stops sending once more than `maxErrors` of them failed. */
export async function carryOut(around: Surroundings, command: Command): Promise<void> {
  const waiting = [...command.invocations];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await deliver(around, command, next);
  };
  const lanes = Math.max(1, share(command.maxConcurrency, command.invocations.length));
  await Promise.all(Array.from({ length: Math.min(lanes, command.invocations.length) }, lane));
}

/** Cancels a command on one host: at once where it has not started, else by killing what runs there. */
export function cancel(invocation: Invocation): void {
  if (isOver(invocation.standing)) return;
  invocation.standing = invocation.standing.status === 'Pending' ? CANCELLED : { status: 'Cancelling', details: 'Cancelling' };
  invocation.cancel.abort();
}
