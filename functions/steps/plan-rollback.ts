import * as z from 'zod/mini';
import { allEnded } from '../../lib/all-ended.ts';
import { ExecutionInput, type Plan, type Refusal } from '../../lib/contracts.ts';
import { milliseconds } from '../../lib/domain/duration.ts';
import { changesConfiguration } from '../../lib/domain/host-command.ts';
import { needsHosts } from '../../lib/domain/strategy.ts';
import { batches } from '../../lib/domain/waves.ts';
import { RollbackCancelled } from '../../lib/errors.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { getPlan, savePlan } from '../../lib/log/plans.ts';
import { getRollback, requireRollback } from '../../lib/log/rollbacks.ts';
import { step, warmUp } from '../../lib/middleware.ts';
import { preflight } from '../../lib/rollback/preflight.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** Once the lock was somebody else's, when the plan was made that is out of date. */
const Input = z.extend(ExecutionInput, { lock: z.optional(z.object({ plannedAt: z.string() })) });

const seconds = (duration: string): number => Math.max(1, Math.round(milliseconds(duration) / 1000));

/** What the state machine goes by; every member is there in both cases, as its paths must not be missing. */
const machineView = (plan: Plan | null, decision: 'planned' | 'refused' | 'waits' = plan ? 'planned' : 'refused') => ({
  decision,
  approvalRequired: plan?.approvalRequired ?? false,
  approvalSeconds: plan ? seconds(plan.manifest.approval.timeout) : 0,
  monitorEverySeconds: plan ? seconds(plan.manifest.monitor.every) : 0,
  components: {
    code: plan?.components.includes('code') ?? false,
    frontend: plan?.frontend !== undefined,
    configuration: plan ? changesConfiguration(plan) : false,
    hosts: plan ? needsHosts(plan.components) : false,
  },
  database: plan ? databaseView(plan) : NO_DATABASE,
  waves: plan?.waves ?? [],
  batches: plan ? batches(plan.hosts, plan.to.commit) : [],
  oneHost: plan ? batches(plan.waves[0]?.hosts.slice(0, 1) ?? [], plan.to.commit) : [],
});

const NO_DATABASE = { touched: false, asked: false, restoredEarly: false, restoredLate: false, followed: false };

/** `asked`: the manifest has a question for it; `followed`: its name will lead to another instance. */
const databaseView = ({ database, manifest }: Plan) => {
  const { check, cutover, stopServices } = manifest.database ?? {};
  const touched = database !== undefined;
  return {
    touched,
    asked: touched && check !== undefined,
    restoredEarly: touched && stopServices === 'before-cutover',
    restoredLate: touched && stopServices === 'before-restore',
    followed: touched && cutover === 'rename',
  };
};

/** How a decision is on record: once, and once more for each plan that came to nothing at the lock. */
const keyOf = (outdated: string | undefined): string => (outdated === undefined ? 'planned' : `planned after ${outdated}`);

const refuse = async (rollbackId: string, refusal: Refusal, now: Date, outdated?: string) => {
  // The header first: an attempt that died after it is finished by the next one, which goes by the same refusal.
  await moveTo(rollbackId, 'planned', { refusal });
  await appendEvent({ rollbackId, phase: 'plan', type: 'refused', key: keyOf(outdated), detail: refusal, now });
  return machineView(null);
};

/** The machine asks again in a moment. */
const wait = async (rollbackId: string, refusal: Refusal, now: Date) => {
  await appendEvent({ rollbackId, phase: 'plan', type: 'waits', key: `waits ${refusal.message}`, detail: refusal, now });
  return machineView(null, 'waits');
};

const record = async (made: Plan, now: Date, outdated?: string) => {
  const plan = await savePlan(made, outdated);
  const { rollbackId, from, to, estimate, warnings, hosts, waves, database } = plan;
  const dataLossMinutes = plan.dataLossMinutes ?? undefined;
  const planned = {
    rollbackId,
    phase: 'plan',
    type: 'planned',
    key: keyOf(outdated),
    detail: {
      from,
      to,
      hosts: hosts.length,
      waves: waves.length,
      estimate,
      warnings,
      ...(database && { database, dataLossMinutes }),
    },
    now,
  } as const;
  await allEnded([appendEvent(planned), moveTo(rollbackId, 'planned', { from, to, estimate, dataLossMinutes })]);
  return machineView(plan);
};

export const handler = step(Input, async ({ rollbackId, lock }) => {
  const now = new Date();
  const outdated = lock?.plannedAt;
  // A retry goes by what was decided, and finishes putting it on record.
  const [made, rollback] = await Promise.all([getPlan(rollbackId), requireRollback(rollbackId)]);
  if (made && made.createdAt !== outdated) return record(made, now, outdated);
  if (rollback.refusal) return refuse(rollbackId, rollback.refusal, now, outdated);
  if (rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback before it was planned.`);
  const { plan, refusal, waits } = await preflight(rollback, now);
  if (plan) return record(plan, now, outdated);
  return waits ? wait(rollbackId, refusal, now) : refuse(rollbackId, refusal, now, outdated);
}).use(warmUp(getRollback));
