import { HostCommandInput } from '../../lib/contracts.ts';
import { PlanExpired, RollbackCancelled } from '../../lib/errors.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { intend, sendOnce } from '../../lib/rollback/host-commands.ts';
import { keepLock } from '../../lib/rollback/lease.ts';
import { PHASES } from '../../lib/rollback/phases.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** What a cancellation or an old plan can still hold back; an undo and a look at the hosts always go on. */
const STOPPABLE = new Set(['capture', 'prepare', 'apply']);

export const handler = step(HostCommandInput, async (input) => {
  const now = new Date();
  const { rollbackId, fence, action, wave } = input;
  const [plan, rollback] = await Promise.all([requirePlan(rollbackId), requireRollback(rollbackId)]);
  if (STOPPABLE.has(action) && rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback.`);
  if (action === 'capture' && Date.parse(plan.expiresAt) < now.getTime()) throw new PlanExpired(rollbackId, plan.expiresAt);
  // The intent comes first: whoever takes the lock away then finds every command that may still be sent.
  const intended = await intend(input, plan, rollback, now);
  await keepLock(plan, fence, now);
  if (action === 'capture') await moveTo(rollbackId, 'in-progress');
  const detail = { action, wave: wave.index, hosts: wave.hosts, commit: wave.commit };
  await appendEvent({
    rollbackId,
    phase: PHASES[action],
    type: 'host-command-started',
    key: `${action}-${wave.index}-started`,
    detail,
    now,
  });
  return sendOnce(intended);
});
