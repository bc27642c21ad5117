import * as z from 'zod/mini';
import { ExecutionInput } from '../../lib/contracts.ts';
import { milliseconds } from '../../lib/domain/duration.ts';
import { monitorDecision } from '../../lib/domain/monitor.ts';
import { RollbackCancelled } from '../../lib/errors.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { lastChangeAt } from '../../lib/rollback/evidence.ts';
import { keepLock } from '../../lib/rollback/lease.ts';
import { observeApplicationAlarms, observeFlows } from '../../lib/rollback/observe-application.ts';

const Input = z.extend(ExecutionInput, { lock: z.object({ fence: z.int() }), verified: z.object({ at: z.string() }) });

/** One look while the rolled-back application is watched; PENDING is not put on record, as hours of looks would bury the rest. */
export const handler = step(Input, async ({ rollbackId, lock, verified }) => {
  const now = new Date();
  const [plan, rollback, commands] = await Promise.all([
    requirePlan(rollbackId),
    requireRollback(rollbackId),
    commandsOf(rollbackId),
  ]);
  if (rollback.cancelRequestedBy)
    throw new RollbackCancelled(
      `${rollback.cancelRequestedBy} cancelled while the rollback was watched; the hosts stay on the target.`,
    );
  await keepLock(plan, lock.fence, now);
  const [alarms, flows] = await Promise.all([
    observeApplicationAlarms(plan.manifest, rollback.trigger),
    observeFlows(plan.manifest),
  ]);
  const { alarms: baselineAlarms, flows: baselineFlows } = plan.baseline;
  const forMs = milliseconds(plan.manifest.monitor.for);
  const decision = monitorDecision({
    baselineAlarms,
    alarms,
    baselineFlows,
    flows,
    changedAt: lastChangeAt(commands) ?? verified.at,
    startedAt: verified.at,
    forMs,
    now,
  });
  if (decision.state !== 'PENDING')
    await appendEvent({
      rollbackId,
      phase: 'monitor',
      type: decision.verdict,
      key: 'monitored',
      detail: { ...decision, alarms, flows },
      now,
    });
  return { state: decision.state, verdict: decision.verdict };
});
