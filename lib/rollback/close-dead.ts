/** Closes a rollback whose execution ended without closing it. */
import { stoppedOutcome } from '../domain/outcome.ts';
import { isOver } from '../domain/transitions.ts';
import { commandsOf } from '../log/commands.ts';
import { getPlan } from '../log/plans.ts';
import { getRollback } from '../log/rollbacks.ts';
import { releaseLock, seizeLock } from '../registry/locks.ts';
import { closeRollback } from './close.ts';
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

/** A step that was at work when its execution was stopped runs on, at most for its function's time-out of 28 s. */
const STILL_AT_WORK_MS = 30_000;

/**
 * Ends what still runs on hosts, asks every host what it runs, and says so. It does not undo: why the execution died is not known
 * here, and a person has to look. The lock is seized first, so that no step that is still at work sends another command, and freed
 * last: a step that takes it only now finds the rollback over.
 */
export const closeDead = async ({ rollbackId, how, cause, now }: DeadExecution): Promise<void> => {
  const rollback = await getRollback(rollbackId);
  if (!rollback) return; // an execution that somebody started by hand
  if (!isOver(rollback.status)) {
    await seizeLock(rollback.application, rollbackId);
    await cancelUnfinished(rollbackId, STILL_AT_WORK_MS);
    const [hosts, { stands, leftOver }, plan, commands] = await Promise.all([
      whereHostsStand(rollbackId),
      whatElseStands(rollbackId),
      getPlan(rollbackId),
      commandsOf(rollbackId),
    ]);
    const { from, to } = rollback;
    const { outcome, message } = stoppedOutcome({
      hosts,
      from,
      to,
      stands,
      planned: plan !== null,
      touched: touchedHosts(commands),
    });
    await closeRollback({
      rollbackId,
      outcome,
      message,
      hosts: hosts.length > 0 ? hosts : undefined,
      detail: { end: how, cause: cause.slice(0, 2000) },
      leftOver,
      now,
    });
  }
  const fence = await seizeLock(rollback.application, rollbackId);
  if (fence !== null) await releaseLock(rollback.application, rollbackId, fence);
};
