/** Host commands of a rollback: the intent on record first, sent once, followed to the end of every host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelCommand, findCommand, type Invocation, invocationOutput, invocations, sendCommand } from '../aws/ssm.ts';
import { config } from '../config.ts';
import type { CommandRecord, HostCommandInput, HostDocument, HostResult, Plan } from '../contracts.ts';
import { parseResult, UnreadableHostResult } from '../documents/results.ts';
import { type HostCommand, hostCommand } from '../domain/host-command.ts';
import { commandsOf, recordIntent, recordResults, recordSent } from '../log/commands.ts';

/** SSM's own last words on an invocation; the others (Pending, InProgress, Delayed, Cancelling) go on. */
const FINAL = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** How often SSM is asked: soon at first, as most commands are short; later rarely, as it throttles below a second. */
const FIRST_POLL_MS = 200;
const SLOWEST_POLL_MS = 2000;

/** What the command's comment says; the only mark by which it is found again when the answer to sending it was lost. */
const commentOf = ({ rollbackId, action, wave }: HostCommandInput): string => `${rollbackId} ${action} ${wave.index}`;

/**
 * Sends the command that an action means, exactly once for each rollback, action and wave: SSM has no client token, so the intent
 * is written first and a command that was sent without our noticing is found by its comment.
 * @returns SSM's command id and the time (ISO) after which it is cancelled
 */
export const sendOnce = async (
  input: HostCommandInput,
  plan: Plan,
  now: Date,
): Promise<{ commandId: string; deadline: string }> => {
  const { rollbackId, action, wave } = input;
  const commands = await commandsOf(rollbackId);
  const before = commands.find((command) => command.action === action && command.wave === wave.index);
  // Only what the changed application logged counts, not the last words of what it replaced.
  const errorsSince = commands
    .filter((command) => command.action === 'apply' || command.action === 'undo')
    .flatMap(({ endedAt }) => endedAt ?? [])
    .toSorted()
    .at(-1);
  const command = hostCommand(action, plan, wave, input.fence, { stateDirectory: config.hostStateDirectory, ...(errorsSince && { errorsSince }) });
  const intendedAt = before?.intendedAt ?? now.toISOString();
  const deadline = new Date(Date.parse(intendedAt) + command.timeoutMs).toISOString();
  if (before?.commandId) return { commandId: before.commandId, deadline };

  const comment = commentOf(input);
  if (!before)
    await recordIntent({
      rollbackId,
      action,
      wave: wave.index,
      document: command.document,
      hosts: wave.hosts,
      comment,
      intendedAt,
    });
  const lost = before ? await findCommand(comment, intendedAt) : null;
  const commandId =
    lost ?? (await sendCommand({ document: command.document, hosts: wave.hosts, parameters: command.parameters, comment }));
  await recordSent({ rollbackId, action, wave: wave.index, commandId, sentAt: new Date().toISOString() });
  return { commandId, deadline };
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
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, SLOWEST_POLL_MS)) {
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

/** Ends what still runs on hosts in a rollback's name, also a command that was sent without our noticing; records how it ended. */
export const cancelUnfinished = async (rollbackId: string): Promise<void> => {
  const unfinished = (await commandsOf(rollbackId)).filter(({ results }) => !results);
  await Promise.all(unfinished.map(cancelOne));
};

const cancelOne = async ({
  rollbackId,
  action,
  wave,
  document,
  hosts,
  comment,
  intendedAt,
  commandId,
}: CommandRecord): Promise<void> => {
  const id = commandId ?? (await findCommand(comment, intendedAt));
  const results = id
    ? await cancelAndCollect(id, document, hosts)
    : hosts.map((host) => ({ ...unheard(host), error: 'never-sent', message: 'the command was never sent' }));
  await recordResults({ rollbackId, action, wave, results, endedAt: new Date().toISOString() });
};
