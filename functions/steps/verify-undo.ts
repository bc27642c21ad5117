import { ExecutionInput } from '../../lib/contracts.ts';
import { isDatabaseAstray } from '../../lib/domain/database/standing.ts';
import { isSiteAstray } from '../../lib/domain/frontend/standing.ts';
import { leftOut } from '../../lib/domain/left-out.ts';
import { hostState } from '../../lib/domain/verdict.ts';
import { astray } from '../../lib/domain/way-back.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { databaseWorkOf } from '../../lib/log/database-work.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf } from '../../lib/log/frontend-work.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { updateRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { capturesOf, configurationAstray, hostsAfter, misledHosts } from '../../lib/rollback/evidence.ts';

/**
 * Whether all is back: every host with the commit and configuration that it was captured with and as well
 * as before, every object as it was, every database under its name, by which every host finds it.
 */
export const handler = step(ExecutionInput, async ({ rollbackId }) => {
  const now = new Date();
  const [plan, commands, site, data] = await Promise.all([
    requirePlan(rollbackId),
    commandsOf(rollbackId),
    frontendWorkOf(rollbackId),
    databaseWorkOf(rollbackId),
  ]);
  const captured = new Map(capturesOf(commands).map(({ host, commit }) => [host, commit]));
  const after = { at: now.toISOString(), hosts: hostsAfter(plan, commands, 'verify-undo'), flows: [], alarms: [] };
  const hosts = [...plan.hosts.map((id) => hostState(id, after)), ...leftOut(plan)];
  const lost = [
    ...new Set([
      ...astray({ baseline: plan.baseline, after, captured }),
      ...configurationAstray(commands),
      ...misledHosts(plan, commands, data),
    ]),
  ].toSorted();
  const undone = lost.length === 0 && !isSiteAstray(site) && !isDatabaseAstray(data);
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
