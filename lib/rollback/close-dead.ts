/** Closes a rollback whose execution ended without closing it. */
import type { CommandRecord } from '../contracts.ts';
import { stoppedOutcome } from '../domain/outcome.ts';
import { isOver } from '../domain/transitions.ts';
import { commandsOf } from '../log/commands.ts';
import { getPlan } from '../log/plans.ts';
import { getRollback, requireRollback } from '../log/rollbacks.ts';
import { releaseLock, seizeLock } from '../registry/locks.ts';
import { closeRollback, tellPeople } from './close.ts';
import { touchedHosts } from './evidence.ts';
import { cancelUnfinished } from './host-commands.ts';
import { whereHostsStand } from './observe-hosts.ts';
import { whatElseStands } from './standing.ts';

interface DeadExecution {
  readonly rollbackId: string;
  readonly how: string;
  readonly cause: string;
  readonly now: Date;
}

/**
 * A step that was about to send a host command when its execution was stopped runs on, at most for its function's time-out of 28 s.
 * Others may run for longer: they change nothing once the lock is seized, but for the one request that they are just making.
 */
const STILL_AT_WORK_MS = 30_000;

const isUntouched = (
  commands: readonly CommandRecord[],
  stands: readonly string[],
  unknown: ReadonlyMap<string, string>,
): boolean => touchedHosts(commands).length === 0 && stands.length === 0 && unknown.size === 0;

/**
 * Ends what still runs on hosts, asks every host what it runs, and says so. It does not undo: why the execution died is not known
 * here, and a person has to look. The lock is seized first, so that no step that is still at work sends another command, and freed
 * last: a step that takes it only now finds the rollback over.
 */
export const closeDead = async ({ rollbackId, how, cause, now }: DeadExecution): Promise<void> => {
  const rollback = await getRollback(rollbackId);
  if (!rollback) return; // an execution that somebody started by hand
  if (!isOver(rollback.status)) {
    const fence = await seizeLock(rollback.application, rollbackId);
    const unknown = new Map<string, string>();
    /** What cannot be found out any more must not keep a rollback from being closed. */
    const asFarAsKnown = async <T>(what: string, found: Promise<T>, otherwise: T): Promise<T> =>
      found.catch((error: unknown) => {
        unknown.set(what, String(error).slice(0, 500));
        return otherwise;
      });
    await asFarAsKnown('whether host commands still run', cancelUnfinished(rollbackId, STILL_AT_WORK_MS), undefined);
    const [hosts, { stands, leftOver }, plan, commands] = await Promise.all([
      asFarAsKnown('what hosts run', whereHostsStand(rollbackId), []),
      asFarAsKnown('how bucket and database stand', whatElseStands(rollbackId), { stands: [], leftOver: [] }),
      asFarAsKnown('what was planned', getPlan(rollbackId), null),
      asFarAsKnown('what was sent to hosts', commandsOf(rollbackId), []),
    ]);
    const { from, to } = rollback;
    const { outcome, message } = stoppedOutcome({
      hosts,
      from,
      to,
      stands,
      planned: plan !== null,
      touched: touchedHosts(commands),
      unknown: [...unknown.keys()],
    });
    await closeRollback({
      rollbackId,
      outcome,
      message,
      hosts: hosts.length > 0 ? hosts : undefined,
      changed: isUntouched(commands, stands, unknown) ? false : undefined,
      detail: { end: how, cause: cause.slice(0, 2000), ...(unknown.size > 0 && { unknown: Object.fromEntries(unknown) }) },
      leftOver,
      fence: fence ?? undefined,
      now,
    });
  }
  const fence = await seizeLock(rollback.application, rollbackId);
  if (fence !== null) await releaseLock(rollback.application, rollbackId, fence);
  // It may have died right before its letter.
  await tellPeople(await requireRollback(rollbackId));
};
