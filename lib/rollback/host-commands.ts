/** Host commands that were sent, followed to the end of every host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelCommand, type Invocation, invocationOutput, invocations } from '../aws/ssm.ts';
import type { CommandRecord, HostDocument, HostResult } from '../contracts.ts';
import { parseResult, UnreadableHostResult } from '../documents/results.ts';
import type { HostCommand } from '../domain/host-command.ts';
import type { HostsUnreachable } from '../errors.ts';
import { commandsOf, recordResults, requireCommand } from '../log/commands.ts';
import { pauseAfter } from '../pace.ts';
import { findSent, LISTED_WITHIN_MS, reachable, sendToReachable } from './send-host-command.ts';

/** SSM's own last words on an invocation; the others (Pending, InProgress, Delayed, Cancelling) go on. */
const FINAL = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** How often SSM is asked: soon at first, as most commands are short; later rarely, as it throttles below a second. */
const PACE = { shortestMs: 50, longestMs: 2000 };

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

/** What is said of a host that Systems Manager takes no command for. */
export const notSentTo = (host: string): HostResult => ({
  ...unheard(host),
  error: 'unreachable',
  message: 'it takes no command: stopped, terminated or deregistered',
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
  for (const start = Date.now(); ; ) {
    const ended = (await invocations(commandId)).filter(({ host, status }) => hosts.includes(host) && FINAL.has(status));
    if (ended.length === hosts.length) return Promise.all(ended.map((invocation) => resultOf(commandId, document, invocation)));
    const pause = pauseAfter(Date.now() - start, PACE);
    if (Date.now() + pause > until.getTime()) return null;
    await sleep(pause);
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
    const lost: string[] = [];
    const leaveOut = async ({ hosts }: HostsUnreachable) => void lost.push(...hosts);
    const commandId = await sendToReachable({ document, hosts: batch, parameters, comment }, leaveOut);
    const asked = batch.filter((id) => !lost.includes(id));
    const answers = commandId && (await collect(commandId, document, asked, until));
    return [...(answers || asked.map(unheard)), ...lost.map(notSentTo)];
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
  const { rollbackId, action, wave, document } = command;
  const id = await findSent(command, sentWithinMs);
  // Read again: whoever sent it meanwhile may have left hosts out.
  const { unreachable = [], ...recorded } = await requireCommand(rollbackId, action, wave);
  const hosts = reachable({ ...recorded, unreachable });
  const results = id
    ? await cancelAndCollect(id, document, hosts)
    : hosts.map((host) => ({ ...unheard(host), error: 'never-sent', message: 'the command was never sent' }));
  const all = [...results, ...unreachable.map(notSentTo)];
  await recordResults({ rollbackId, action, wave, results: all, endedAt: new Date().toISOString() });
};
