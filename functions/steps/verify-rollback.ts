import { ExecutionInput } from '../../lib/contracts.ts';
import { leftOut } from '../../lib/domain/left-out.ts';
import { verdict } from '../../lib/domain/verdict.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { hostsAfter } from '../../lib/rollback/evidence.ts';
import { observeApplicationAlarms, observeFlows } from '../../lib/rollback/observe-application.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** Compares what is now with what was before the change. Alarms are recorded, not judged: they need newer data (see monitor). */
export const handler = step(ExecutionInput, async ({ rollbackId }) => {
  const now = new Date();
  const [plan, rollback, commands] = await Promise.all([
    requirePlan(rollbackId),
    requireRollback(rollbackId),
    commandsOf(rollbackId),
  ]);
  const { manifest, baseline, to } = plan;
  const [flows, alarms] = await Promise.all([observeFlows(manifest), observeApplicationAlarms(manifest, rollback.trigger)]);
  const after = { at: now.toISOString(), hosts: hostsAfter(plan, commands, 'verify'), flows, alarms };
  // Where the code stays, each host has to run what it ran.
  const ran = new Map(baseline.hosts.map(({ id, truth }) => [id, truth?.commit]));
  const expected = (host: string) => (plan.components.includes('code') ? to.commit : (ran.get(host) ?? to.commit));
  const expectedCommit = Object.fromEntries(plan.hosts.map((host) => [host, expected(host)]));
  const judgement = verdict({
    baseline,
    after,
    expectedCommit,
    maxErrors: manifest.health.logs?.maxErrors ?? Number.MAX_SAFE_INTEGER,
  });
  await appendEvent({
    rollbackId,
    phase: 'verify',
    type: judgement.verdict,
    key: 'verified',
    detail: { ...judgement, alarms },
    now,
  });
  await moveTo(rollbackId, judgement.healthy && judgement.verdict !== 'worse' ? 'monitoring' : 'in-progress', {
    hosts: [...judgement.hosts, ...leftOut(plan)],
  });
  return { verdict: judgement.verdict, healthy: judgement.healthy, at: after.at };
});
