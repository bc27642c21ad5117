import type {
  ConfigurationSource,
  DatabaseTarget,
  FrontendTarget,
  Manifest,
  Observation,
  Plan,
  ReleaseReference,
  Rollback,
} from '../contracts.ts';
import { dataLossMinutes, lossWarnings } from './database/loss.ts';
import { milliseconds } from './duration.ts';
import { estimate } from './estimate.ts';
import { isReachable } from './host-guards.ts';
import { actionsOf, checksOf } from './plan-actions.ts';
import { planWarnings } from './plan-warnings.ts';
import type { Running } from './releases.ts';
import { componentsOf } from './strategy.ts';
import { waves } from './waves.ts';

export { approvalLetter, renderPlan } from './plan-text.ts';

/** A plan outlives its approval by this much: time to begin, not to wait. */
const GRACE_MS = 15 * 60_000;

export type PlanInput = {
  rollback: Pick<Rollback, 'rollbackId' | 'application' | 'strategy'>;
  manifest: Manifest;
  running: Running;
  target: ReleaseReference;
  /** By what the bucket is brought back; absent: the frontend is not touched. */
  frontend?: FrontendTarget | undefined;
  /** To what time, and how; absent: the database is not touched. */
  database?: DatabaseTarget | undefined;
  /** What the configuration file is restored from; absent: it is not. */
  configuration?: ConfigurationSource | undefined;
  /** Of all hosts of the manifest; those that cannot be reached are left out of the plan with a warning. */
  observation: Observation;
  /** Of this application's successful rollbacks with the same strategy, in milliseconds. */
  pastDurationsMs: readonly number[];
  /** What others found: migrations, limits that a person overrules. */
  warnings?: readonly string[];
  now: Date;
};

/** The complete plan of a rollback that the guards let through. It changes nothing, and promises nothing after `expiresAt`. */
export function makePlan(input: PlanInput): Plan {
  const { manifest, now, pastDurationsMs } = input;
  const { rollbackId, application, strategy } = input.rollback;
  const draft = draftOf(input);
  const approvalRequired = manifest.approval.required.includes(strategy);
  return {
    rollbackId,
    application,
    strategy,
    ...draft,
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + milliseconds(manifest.approval.timeout) + GRACE_MS).toISOString(),
    hosts: draft.waves.flatMap(({ hosts }) => hosts).toSorted(),
    actions: actionsOf(draft),
    checks: checksOf(draft),
    warnings: [...planWarnings(draft), ...lossWarnings({ ...draft, approvalRequired }), ...(input.warnings ?? [])],
    estimate: estimate(strategy, pastDurationsMs),
    dataLossMinutes: input.database === undefined ? null : dataLossMinutes(input.database.restoreTime, now),
    approvalRequired,
  };
}

function draftOf(input: PlanInput): Draft {
  const { rollback, manifest, running, target, frontend, database, configuration, observation } = input;
  const hosts = observation.hosts.filter(isReachable).map(({ id }) => id);
  return {
    manifest,
    baseline: observation,
    // Guards refuse when nobody knows what runs, so the commit is there.
    from: { version: running.release?.version ?? null, commit: running.commit ?? '' },
    to: target,
    ...(frontend && { frontend }),
    ...(database && { database }),
    ...(configuration && { configuration }),
    waves: waves(hosts, manifest.hosts, target.commit),
    components: componentsOf(rollback.strategy, manifest),
  };
}

/** What a plan's sentences are made of. */
export type Draft = Pick<
  Plan,
  'manifest' | 'baseline' | 'from' | 'to' | 'waves' | 'components' | 'frontend' | 'database' | 'configuration'
>;

/** Whether a plan may no longer be carried out: what it was decided on may have changed. */
export function isExpired({ expiresAt }: Pick<Plan, 'expiresAt'>, now: Date): boolean {
  return now.getTime() > Date.parse(expiresAt);
}
