/** Closes a rollback whose execution ended without closing it. */
import type { HostState, Rollback } from '../contracts.ts';
import { stoppedOutcome } from '../domain/outcome.ts';
import { isOver } from '../domain/transitions.ts';
import { hostState } from '../domain/verdict.ts';
import { getPlan } from '../log/plans.ts';
import { getRollback } from '../log/rollbacks.ts';
import { lockHeldBy, releaseLock } from '../registry/locks.ts';
import { closeRollback } from './close.ts';
import { cancelUnfinished } from './host-commands.ts';
import { observeHosts } from './observe-hosts.ts';

interface DeadExecution {
  readonly rollbackId: string;
  readonly how: string;
  readonly cause: string;
  readonly now: Date;
}

/**
 * Ends what still runs on hosts, asks every host what it runs, and says so. It does not undo: why the execution died is not known
 * here, and a person has to look. The lock is freed last.
 */
export const closeDead = async ({ rollbackId, how, cause, now }: DeadExecution): Promise<void> => {
  const rollback = await getRollback(rollbackId);
  if (!rollback) return; // an execution that somebody started by hand
  const fence = await lockHeldBy(rollback.application, rollbackId);
  if (isOver(rollback.status)) {
    if (fence !== null) await releaseLock(rollback.application, rollbackId, fence);
    return;
  }
  const hosts = await whatIsWhere(rollback);
  const { outcome, message } = stoppedOutcome(hosts, rollback.from, rollback.to);
  await closeRollback({
    rollbackId,
    outcome,
    message,
    hosts: hosts.length > 0 ? hosts : undefined,
    detail: { end: how, cause: cause.slice(0, 2000) },
    fence: fence ?? undefined,
    now,
  });
};

const whatIsWhere = async ({ rollbackId }: Rollback): Promise<HostState[]> => {
  const plan = await getPlan(rollbackId);
  if (!plan) return [];
  await cancelUnfinished(rollbackId);
  const observed = await observeHosts(plan.manifest, rollbackId, plan.to.commit);
  const now = { at: '', hosts: observed, flows: [], alarms: [] };
  return plan.hosts.map((id) => hostState(id, now));
};
