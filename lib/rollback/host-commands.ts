/** Host commands of a rollback: the intent on record first, sent once, followed to the end of every host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelCommand, findCommand, type Invocation, invocationOutput, invocations, sendCommand } from '../aws/ssm.ts';
import { config } from '../config.ts';
import type {
  CommandRecord,
  DatabaseWork,
  HostAction,
  HostCommandInput,
  HostDocument,
  HostResult,
  Plan,
  Rollback,
} from '../contracts.ts';
import { parseResult, UnreadableHostResult } from '../documents/results.ts';
import { addressText } from '../domain/database/address.ts';
import { type HostCommand, hostCommand } from '../domain/host-command.ts';
import { commandsOf, recordIntent, recordResults, recordSent, requireCommand } from '../log/commands.ts';
import { lastChangeAt } from './evidence.ts';

/** SSM's own last words on an invocation; the others (Pending, InProgress, Delayed, Cancelling) go on. */
const FINAL = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** How often SSM is asked: soon at first, as most commands are short; later rarely, as it throttles below a second. */
const FIRST_POLL_MS = 100;
const SLOWEST_POLL_MS = 2000;
/** So small that a command is noticed at most a tenth of its own length late. */
const POLL_GROWTH = 1.1;
const SENT_POLL_MS = 500;

/** What the command's comment says; the only mark by which it is found again when the answer to sending it was lost. */
const commentOf = ({ rollbackId, action, wave }: HostCommandInput): string => `${rollbackId} ${action} ${wave.index}`;

/** How long a command that was sent may stay out of ListCommands, which is eventually consistent. */
const LISTED_WITHIN_MS = 3000;

/** A command that is on record, ready to be sent. */
export interface IntendedCommand {
  readonly record: CommandRecord;
  readonly command: HostCommand;
  /** An earlier attempt wrote the intent and may have sent it. */
  readonly again: boolean;
}

/** What is on record of the rollback that a command belongs to. */
export interface OnRecord {
  readonly plan: Plan;
  readonly rollback: Pick<Rollback, 'trigger'>;
  readonly commands: readonly CommandRecord[];
  /** undefined: the rollback touches no database. */
  readonly database: DatabaseWork | undefined;
}

/** Puts on record that the command that an action means is about to be sent, once for each rollback, action and wave. */
export const intend = async (
  input: HostCommandInput,
  { plan, rollback, commands, database }: OnRecord,
  now: Date,
): Promise<IntendedCommand> => {
  const { rollbackId, action, wave } = input;
  const { trigger } = rollback;
  // Only what the changed application logged counts, not the last words of what it replaced.
  const errorsSince = lastChangeAt(commands);
  const command = hostCommand(action, plan, wave, input.fence, {
    stateDirectory: config.hostStateDirectory,
    ...(errorsSince && { errorsSince }),
    ...(trigger.type === 'undo' && { undoOf: trigger.of }),
    ...(database && databaseSettings(action, database)),
  });
  const before = commands.find((recorded) => recorded.action === action && recorded.wave === wave.index);
  if (before) return { record: before, command, again: true };
  const record = await recordIntent({
    rollbackId,
    action,
    wave: wave.index,
    document: command.document,
    hosts: wave.hosts,
    comment: commentOf(input),
    intendedAt: now.toISOString(),
  });
  return { record, command, again: false };
};

/** After an undo the restored instance is the one that the database's name must no longer lead to. */
const databaseSettings = (action: HostAction, { restored, kept }: DatabaseWork) => ({
  databaseTo: addressText(restored?.address),
  databaseAway: addressText(action === 'undo-find-database' ? restored?.address : kept?.address),
});

/**
 * Sends an intended command, once: SSM has no client token, so a command that was sent without our noticing is found by its comment.
 * @returns SSM's command id and the time (ISO) after which it is cancelled
 */
export const sendOnce = async ({ record, command, again }: IntendedCommand): Promise<{ commandId: string; deadline: string }> => {
  const { rollbackId, action, wave, comment, hosts, intendedAt } = record;
  const deadline = new Date(Date.parse(intendedAt) + command.timeoutMs).toISOString();
  const sent = again ? await findSent(record, LISTED_WITHIN_MS) : null;
  const commandId = sent ?? (await sendCommand({ document: command.document, hosts, parameters: command.parameters, comment }));
  await recordSent({ rollbackId, action, wave, commandId, sentAt: new Date().toISOString() });
  return { commandId, deadline };
};

/** The id of a command that was, or may be about to be, sent; null when it does not turn up within `withinMs`. */
const findSent = async (
  { rollbackId, action, wave, comment, intendedAt }: CommandRecord,
  withinMs: number,
): Promise<string | null> => {
  for (const end = Date.now() + withinMs; ; await sleep(SENT_POLL_MS)) {
    const id = (await requireCommand(rollbackId, action, wave)).commandId ?? (await findCommand(comment, intendedAt));
    if (id || Date.now() + SENT_POLL_MS > end) return id;
  }
};

const readResult = (document: HostDocument, output: string) => {
  try {
    return parseResult(document, output);
  } catch (error) {
    if (error instanceof UnreadableHostResult) return null;
    throw error;
  }
};

/** One JSON line of the host's document says more than the status; without one, the status has to do. */
const resultOf = async (commandId: string, document: HostDocument, invocation: Invocation): Promise<HostResult> => {
  const { host, status, statusDetails } = invocation;
  // ListCommandInvocations cuts both streams together at 2,500 characters, so the line may be whole in the longer text only.
  const said = readResult(document, invocation.output) ?? readResult(document, (await invocationOutput(commandId, host)) ?? '');
  if (status === 'Success' && said?.ok) return { host, ok: true, error: null, message: '', result: said };
  if (said && !said.ok) return { host, ok: false, error: said.error, message: said.message, result: said };
  const error = status === 'Success' ? 'no-answer' : statusDetails.replaceAll(/[^A-Za-z]/g, '');
  return { host, ok: false, error, message: `the command ended as ${statusDetails} without an answer of its own`, result: null };
};

const unheard = (host: string): HostResult => ({
  host,
  ok: false,
  error: 'not-heard-of',
  message: 'the host gave no answer in time',
  result: null,
});

/**
 * Follows a command until every one of `hosts` has ended or `until` is reached. The command's own status is never asked: it can read
 * Success with hosts that were never reached.
 * @returns the results of all hosts, or `null` while some host still runs at `until`
 */
export const collect = async (
  commandId: string,
  document: HostDocument,
  hosts: readonly string[],
  until: Date,
): Promise<HostResult[] | null> => {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * POLL_GROWTH, SLOWEST_POLL_MS)) {
    const ended = (await invocations(commandId)).filter(({ host, status }) => hosts.includes(host) && FINAL.has(status));
    if (ended.length === hosts.length) return Promise.all(ended.map((invocation) => resultOf(commandId, document, invocation)));
    if (Date.now() + wait > until.getTime()) return null;
    await sleep(wait);
  }
};

/** Cancels a command and waits up to `waitMs` for its hosts; one that still says nothing is answered as `not-heard-of`. */
export const cancelAndCollect = async (
  commandId: string,
  document: HostDocument,
  hosts: readonly string[],
  waitMs = 15_000,
): Promise<HostResult[]> => {
  await cancelCommand(commandId);
  const results = await collect(commandId, document, hosts, new Date(Date.now() + waitMs));
  if (results) return results;
  const heard = (await invocations(commandId)).filter(({ status }) => FINAL.has(status));
  const known = await Promise.all(heard.map((invocation) => resultOf(commandId, document, invocation)));
  return hosts.map((host) => known.find((result) => result.host === host) ?? unheard(host));
};

/** Sends a command that changes nothing (and so needs no record) and answers when all hosts have, or at `timeoutMs` with what there is. */
export const askHosts = async (
  command: HostCommand,
  hosts: readonly string[],
  comment: string,
  timeoutMs: number,
): Promise<HostResult[]> => {
  if (hosts.length === 0) return [];
  const { document, parameters } = command;
  const until = new Date(Date.now() + timeoutMs);
  const batches = Array.from({ length: Math.ceil(hosts.length / 50) }, (_, index) => hosts.slice(index * 50, index * 50 + 50));
  const results = batches.map(async (batch) => {
    const commandId = await sendCommand({ document, hosts: batch, parameters, comment });
    return (await collect(commandId, document, batch, until)) ?? batch.map(unheard);
  });
  return (await Promise.all(results)).flat();
};

/**
 * Ends what still runs on hosts in a rollback's name, also a command that was sent without our noticing; records how it ended.
 * `sentWithinMs`: how long one that was intended is waited for, when the step that sends it may still be at work.
 */
export const cancelUnfinished = async (rollbackId: string, sentWithinMs = LISTED_WITHIN_MS): Promise<void> => {
  const unfinished = (await commandsOf(rollbackId)).filter(({ results }) => !results);
  await Promise.all(unfinished.map((command) => cancelOne(command, sentWithinMs)));
};

const cancelOne = async (command: CommandRecord, sentWithinMs: number): Promise<void> => {
  const { rollbackId, action, wave, document, hosts } = command;
  const id = await findSent(command, sentWithinMs);
  const results = id
    ? await cancelAndCollect(id, document, hosts)
    : hosts.map((host) => ({ ...unheard(host), error: 'never-sent', message: 'the command was never sent' }));
  await recordResults({ rollbackId, action, wave, results, endedAt: new Date().toISOString() });
};
