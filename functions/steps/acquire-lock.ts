import { allEnded } from '../../lib/all-ended.ts';
import { ExecutionInput, type Refusal } from '../../lib/contracts.ts';
import { milliseconds } from '../../lib/domain/duration.ts';
import { waits, wayPast } from '../../lib/domain/limit-guards.ts';
import { isOver } from '../../lib/domain/transitions.ts';
import { RollbackCancelled, RollbackOver } from '../../lib/errors.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { getRollback, requireRollback } from '../../lib/log/rollbacks.ts';
import { step, warmUp } from '../../lib/middleware.ts';
import { acquireLock, releaseLock } from '../../lib/registry/locks.ts';
import { leaseMs } from '../../lib/rollback/lease.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** `waits`: somebody was faster whose rollback may go by; `plannedAt` is the plan that is then out of date. */
export const handler = step(ExecutionInput, async ({ rollbackId, application }) => {
  const now = new Date();
  const [rollback, { manifest, approvalRequired, createdAt: plannedAt }] = await Promise.all([
    requireRollback(rollbackId),
    requirePlan(rollbackId),
  ]);
  if (rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback before it began.`);
  // While people think nobody renews the lease, so it covers their time too.
  const lease = leaseMs(manifest) + (approvalRequired ? milliseconds(manifest.approval.timeout) : 0);
  const lock = await acquireLock(application, rollbackId, lease, now);
  if (lock.acquired) {
    // An execution that was stopped meanwhile has been closed, and nobody would free what it takes now.
    const { status } = await requireRollback(rollbackId);
    if (isOver(status)) {
      await releaseLock(application, rollbackId, lock.fence);
      throw new RollbackOver(rollbackId, status);
    }
    await allEnded([
      appendEvent({ rollbackId, phase: 'lock', type: 'acquired', key: 'lock', detail: { fence: lock.fence }, now }),
      approvalRequired ? undefined : moveTo(rollbackId, 'in-progress'),
    ]);
    return { acquired: true, waits: false, fence: lock.fence, plannedAt };
  }
  const holder = await getRollback(lock.holder);
  const advice = holder ? wayPast(holder.status) : 'Wait for its end.';
  const refusal: Refusal = {
    code: 'rollback-in-progress',
    message: `${lock.holder} holds the lock of ${application}, at most until ${lock.until}. ${advice}`,
  };
  if (waits(refusal, { rollback, rollbacks: holder ? [holder] : [], lock, now })) {
    await appendEvent({ rollbackId, phase: 'lock', type: 'waits', key: `waits ${refusal.message}`, detail: refusal, now });
    return { acquired: false, waits: true, fence: 0, plannedAt };
  }
  await appendEvent({ rollbackId, phase: 'lock', type: 'refused', key: 'lock', detail: refusal, now });
  await moveTo(rollbackId, 'planned', { refusal });
  return { acquired: false, waits: false, fence: 0, plannedAt };
}).use(warmUp(getRollback));
