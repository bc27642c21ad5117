import { ExecutionInput } from '../../lib/contracts.ts';
import { isSiteAstray } from '../../lib/domain/frontend/standing.ts';
import { hostState } from '../../lib/domain/verdict.ts';
import { astray } from '../../lib/domain/way-back.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf } from '../../lib/log/frontend-work.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { updateRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { capturesOf, hostsAfter } from '../../lib/rollback/evidence.ts';

/** Whether all is back: every host on the commit that it was captured with and as well as before, every object as it was. */
export const handler = step(ExecutionInput, async ({ rollbackId }) => {
  const now = new Date();
  const [plan, commands, site] = await Promise.all([requirePlan(rollbackId), commandsOf(rollbackId), frontendWorkOf(rollbackId)]);
  const captured = new Map(capturesOf(commands).map(({ host, commit }) => [host, commit]));
  const after = { at: now.toISOString(), hosts: hostsAfter(plan, commands, 'verify-undo'), flows: [], alarms: [] };
  const hosts = plan.hosts.map((id) => hostState(id, after));
  const lost = astray({ baseline: plan.baseline, after, captured });
  const undone = lost.length === 0 && !isSiteAstray(site);
  await appendEvent({
    rollbackId,
    phase: 'undo',
    type: undone ? 'undone' : 'undo-incomplete',
    key: 'undo-verified',
    detail: { hosts, astray: lost },
    now,
  });
  await updateRollback(rollbackId, { hosts }, { unlessOver: true });
  return { undone };
});
