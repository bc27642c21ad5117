/** Sends the host commands of a rollback: the intent on record first, then once, to the hosts that take it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandRequest, findCommand, sendCommand } from '../aws/ssm.ts';
import { config } from '../config.ts';
import type { CommandRecord, DatabaseWork, HostAction, HostCommandInput, Plan, Rollback } from '../contracts.ts';
import { addressText } from '../domain/database/address.ts';
import { type HostCommand, hostCommand, needsRestored } from '../domain/host-command.ts';
import { HostsUnreachable, RestoredDatabaseUnknown } from '../errors.ts';
import { recordIntent, recordSent, recordUnreachable, requireCommand } from '../log/commands.ts';
import { lastChangeAt } from './evidence.ts';

const SENT_POLL_MS = 500;

/** What the command's comment says; the only mark by which it is found again when the answer to sending it was lost. */
const commentOf = ({ rollbackId, action, wave }: HostCommandInput): string => `${rollbackId} ${action} ${wave.index}`;

/** How long a command that was sent may stay out of ListCommands, which is eventually consistent. */
export const LISTED_WITHIN_MS = 3000;

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
  if (needsRestored(action, plan) && !database?.restored) throw new RestoredDatabaseUnknown(rollbackId);
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
 * `insistent`: one host that takes no command keeps all others from it, as then nothing may change; else it is sent to the others.
 * @returns SSM's command id, null when no host takes one, and the time (ISO) after which it is cancelled
 */
export const sendOnce = async (
  { record, command, again }: IntendedCommand,
  insistent: boolean,
): Promise<{ commandId: string | null; deadline: string; unreachable: readonly string[] }> => {
  const { rollbackId, action, wave, comment, intendedAt } = record;
  const deadline = new Date(Date.parse(intendedAt) + command.timeoutMs).toISOString();
  let { unreachable = [] } = record;
  const leaveOut = async (lost: HostsUnreachable) => {
    if (insistent) throw lost;
    unreachable = [...unreachable, ...lost.hosts];
    await recordUnreachable({ rollbackId, action, wave, unreachable });
  };
  const { document, parameters } = command;
  const request = { document, hosts: reachable(record), parameters, comment };
  const sent = again ? await findSent(record, LISTED_WITHIN_MS) : null;
  const commandId = sent ?? (await sendToReachable(request, leaveOut));
  if (commandId !== null) await recordSent({ rollbackId, action, wave, commandId, sentAt: new Date().toISOString() });
  return { commandId, deadline, unreachable };
};

/** The hosts that a command on record is, or was, for. */
export const reachable = ({ hosts, unreachable = [] }: CommandRecord): string[] =>
  hosts.filter((id) => !unreachable.includes(id));

/** One host that takes no command keeps it from all: sends it to the others, after `leaveOut` has heard of it. null: to none. */
export const sendToReachable = async (
  request: CommandRequest,
  leaveOut: (lost: HostsUnreachable) => Promise<void>,
): Promise<string | null> => {
  let { hosts } = request;
  while (hosts.length > 0) {
    try {
      return await sendCommand({ ...request, hosts });
    } catch (error) {
      if (!(error instanceof HostsUnreachable)) throw error;
      hosts = hosts.filter((id) => !error.hosts.includes(id));
      await leaveOut(error);
    }
  }
  return null;
};

/** The id of a command that was, or may be about to be, sent; null when it does not turn up within `withinMs`. */
export const findSent = async (
  { rollbackId, action, wave, comment, intendedAt }: CommandRecord,
  withinMs: number,
): Promise<string | null> => {
  for (const end = Date.now() + withinMs; ; await sleep(SENT_POLL_MS)) {
    const id = (await requireCommand(rollbackId, action, wave)).commandId ?? (await findCommand(comment, intendedAt));
    if (id || Date.now() + SENT_POLL_MS > end) return id;
  }
};
