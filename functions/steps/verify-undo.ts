import { ExecutionInput } from '../../lib/contracts.ts';
import { hostState } from '../../lib/domain/verdict.ts';
import { astray } from '../../lib/domain/way-back.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { updateRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { capturesOf, hostsAfter } from '../../lib/rollback/evidence.ts';

/** Whether every host is back: on the commit that it was captured with, and as well as it was before. */
export const handler = step(ExecutionInput, async ({ rollbackId }) => {
  const now = new Date();
  const [plan, commands] = await Promise.all([requirePlan(rollbackId), commandsOf(rollbackId)]);
  const captured = new Map(capturesOf(commands).map(({ host, commit }) => [host, commit]));
  const after = { at: now.toISOString(), hosts: hostsAfter(plan, commands, 'verify-undo'), flows: [], alarms: [] };
  const hosts = plan.hosts.map((id) => hostState(id, after));
  const lost = astray({ baseline: plan.baseline, after, captured });
  await appendEvent({
    rollbackId,
    phase: 'undo',
    type: lost.length === 0 ? 'undone' : 'undo-incomplete',
    key: 'undo-verified',
    detail: { hosts, astray: lost },
    now,
  });
  await updateRollback(rollbackId, { hosts }, { unlessOver: true });
  return { undone: lost.length === 0 };
});
