import { allEnded } from '../../lib/all-ended.ts';
import { ExecutionInput, type Refusal } from '../../lib/contracts.ts';
import { milliseconds } from '../../lib/domain/duration.ts';
import { isOver } from '../../lib/domain/transitions.ts';
import { RollbackCancelled, RollbackOver } from '../../lib/errors.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { getRollback, requireRollback } from '../../lib/log/rollbacks.ts';
import { step, warmUp } from '../../lib/middleware.ts';
import { acquireLock, releaseLock } from '../../lib/registry/locks.ts';
import { leaseMs } from '../../lib/rollback/lease.ts';
import { moveTo } from '../../lib/rollback/status.ts';

export const handler = step(ExecutionInput, async ({ rollbackId, application }) => {
  const now = new Date();
  const [{ cancelRequestedBy }, { manifest, approvalRequired }] = await Promise.all([
    requireRollback(rollbackId),
    requirePlan(rollbackId),
  ]);
  if (cancelRequestedBy) throw new RollbackCancelled(`${cancelRequestedBy} cancelled the rollback before it began.`);
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
    return { acquired: true, fence: lock.fence };
  }
  const refusal: Refusal = {
    code: 'rollback-in-progress',
    message: `${lock.holder} holds the lock of ${application}, at most until ${lock.until}.`,
  };
  await appendEvent({ rollbackId, phase: 'lock', type: 'refused', key: 'lock', detail: refusal, now });
  await moveTo(rollbackId, 'planned', { refusal });
  return { acquired: false, fence: 0 };
}).use(warmUp(getRollback));
