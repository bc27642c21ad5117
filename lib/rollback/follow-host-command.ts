/** Watches a host command that was sent, and puts on record how it ended. */
import { allEnded } from '../all-ended.ts';
import type { CommandRecord, HostCommandInput, HostResult, Plan } from '../contracts.ts';
import { recordResults } from '../log/commands.ts';
import { appendEvent } from '../log/events.ts';
import { cancelAndCollect, collect, notSentTo } from './host-commands.ts';
import { PHASES } from './phases.ts';

/** READY: every host succeeded. FAILED: `cause` names the hosts that did not. PENDING: some still run. */
export type Followed = { readonly state: 'READY' | 'PENDING' | 'FAILED'; readonly cause: string };

export interface SentHostCommand {
  readonly input: HostCommandInput;
  readonly document: CommandRecord['document'];
  /** null: no host takes a command. */
  readonly commandId: string | null;
  /** Those of the wave that it was not sent to. */
  readonly unreachable: readonly string[];
  /** ISO time after which it is cancelled. */
  readonly deadline: string;
}

/** A state's Cause holds 32,768 characters, and goes through two executions that each write it as JSON in JSON. */
const CAUSE_LENGTH = 4000;

const sentence = (failed: readonly HostResult[]): string =>
  failed
    .map(({ host, error, message }) => `${host}: ${error} (${message})`)
    .join('; ')
    .slice(0, CAUSE_LENGTH);

/** SSM says only that it was cancelled; people want to know by whom and why. */
const overdue = (result: HostResult, { manifest }: Plan): HostResult =>
  result.error === 'Cancelled'
    ? { ...result, error: 'timed-out', message: `did not end within ${manifest.hosts.commandTimeout} and was cancelled` }
    : result;

/** Looks for at most `lookMs`. A command that is past its deadline is cancelled, and what its hosts said by then is its end. */
export const followHostCommand = async (
  { input, document, commandId, unreachable, deadline }: SentHostCommand,
  plan: Plan,
  lookMs: number,
): Promise<Followed> => {
  const lost = unreachable.map(notSentTo);
  if (commandId === null) return recordEnd(input, lost, false);
  const hosts = input.wave.hosts.filter((id) => !unreachable.includes(id));
  const end = Date.parse(deadline);
  const results = await collect(commandId, document, hosts, new Date(Math.min(end, Date.now() + lookMs)));
  if (!results && Date.now() < end - 1000) return { state: 'PENDING', cause: '' };
  const all = results ?? (await cancelAndCollect(commandId, document, hosts)).map((late) => overdue(late, plan));
  return recordEnd(input, [...all, ...lost], results === null);
};

const recordEnd = async (
  { rollbackId, action, wave }: HostCommandInput,
  results: readonly HostResult[],
  timedOut: boolean,
): Promise<Followed> => {
  const now = new Date();
  const failed = results.filter(({ ok }) => !ok);
  const hosts = results.map(({ host, ok, error, message, result }) => ({ host, ok, error, message, result }));
  const ended = {
    rollbackId,
    phase: PHASES[action],
    type: failed.length === 0 ? 'host-command-succeeded' : 'host-command-failed',
    key: `${action}-${wave.index}-ended`,
    detail: { action, wave: wave.index, timedOut, hosts },
    now,
  };
  await allEnded([
    recordResults({ rollbackId, action, wave: wave.index, results, endedAt: now.toISOString() }),
    appendEvent(ended),
  ]);
  return failed.length === 0 ? { state: 'READY', cause: '' } : { state: 'FAILED', cause: sentence(failed) };
};
