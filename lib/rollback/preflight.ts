/** The pre-rollback checklist: gathers the facts, asks the guards, and answers the complete plan or the reason not to. Changes nothing. */
import type { AlarmObservation, DatabaseTarget, Manifest, Plan, Refusal, Release, Rollback } from '../contracts.ts';
import { destinationOf, type Places } from '../domain/destination.ts';
import { type CheapFacts, cheapGuards, hostGuards, insistenceWarnings } from '../domain/guards.ts';
import { waits } from '../domain/limit-guards.ts';
import { migrationWarnings, schemaBehindCode } from '../domain/migrations.ts';
import { makePlan } from '../domain/plan.ts';
import { runningRelease } from '../domain/releases.ts';
import { componentsOf, needsHosts, strategyProblem } from '../domain/strategy.ts';
import { recentRollbacks } from '../log/query.ts';
import { getApplication } from '../registry/applications.ts';
import { freezesOf } from '../registry/freezes.ts';
import { lockHolder } from '../registry/locks.ts';
import { listReleases } from '../registry/releases.ts';
import { planDatabase } from './database.ts';
import { observeApplicationAlarms, observeFlows } from './observe-application.ts';
import { observeHosts } from './observe-hosts.ts';

/** `waits`: what refuses may go by soon, so that it is asked again rather than refused for good. */
export type Preflight =
  | { plan: Plan; refusal?: undefined; waits?: undefined }
  | { plan?: undefined; refusal: Refusal; waits?: boolean };

/** How far back the log is read for estimates. */
const HISTORY_MS = 90 * 86_400_000;

/** Decides on one rollback. Cheap facts first: a refused one costs no host command. */
export const preflight = async (rollback: Rollback, now: Date): Promise<Preflight> => {
  const manifest = await getApplication(rollback.application);
  if (!manifest)
    return {
      refusal: { code: 'application-unknown', message: `There is no application ${rollback.application}. Register it first.` },
    };
  const problem = strategyProblem(rollback.strategy, manifest);
  if (problem) return { refusal: problem };
  const [releases, alarms, cheap] = await Promise.all([
    listReleases(rollback.application),
    observeApplicationAlarms(manifest, rollback.trigger),
    limitFacts(rollback, manifest, now),
  ]);
  const facts = { ...cheap, alarm: alarmOf(rollback, alarms), lastDeployedAt: latestDeployment(releases) };
  const refusal = cheapGuards(facts);
  if (refusal) return { refusal, waits: waits(refusal, facts) };
  return planOnHosts({ rollback, manifest, releases, alarms, facts, now });
};

const limitFacts = async (rollback: Rollback, manifest: Manifest, now: Date) => {
  const [freezes, rollbacks, lock] = await Promise.all([
    freezesOf(rollback.application, now),
    recentRollbacks(rollback.application, new Date(now.getTime() - HISTORY_MS)),
    lockHolder(rollback.application, now),
  ]);
  return { rollback, limits: manifest.limits, freezes, rollbacks, lock, now };
};

const alarmOf = ({ trigger }: Rollback, alarms: readonly AlarmObservation[]): AlarmObservation | null =>
  (trigger.type === 'alarm' && alarms.find(({ name }) => name === trigger.alarmName)) || null;

const latestDeployment = (releases: readonly Release[]): string | null =>
  releases
    .map(({ deployedAt }) => deployedAt)
    .toSorted()
    .at(-1) ?? null;

interface Gathered {
  readonly rollback: Rollback;
  readonly manifest: Manifest;
  readonly releases: readonly Release[];
  readonly alarms: readonly AlarmObservation[];
  readonly facts: CheapFacts;
  readonly now: Date;
}

const planOnHosts = async ({ rollback, manifest, releases, alarms, facts, now }: Gathered): Promise<Preflight> => {
  const components = componentsOf(rollback.strategy, manifest);
  const choose = (hostCommits: readonly string[]) => {
    const running = runningRelease(releases, hostCommits);
    return { running, destination: destinationOf({ rollback, manifest, components, releases, running, now }) };
  };
  // The hosts are asked once, for the target that is right if they run what was recorded last, as they mostly do.
  const guess = choose([]).destination;
  const [hosts, flows] = await Promise.all([
    needsHosts(components) ? observeHosts(manifest, rollback.rollbackId, guess.to?.commit ?? '') : [],
    observeFlows(manifest),
  ]);
  const { running, destination } = choose(hosts.flatMap(({ truth }) => truth?.commit ?? []));
  if (destination.refusal) return { refusal: destination.refusal };
  const { to: target } = destination;
  const { offlineTolerance } = manifest.hosts;
  const hostFacts = { rollback, components, offlineTolerance, hosts, releases, running, target, now };
  const data = await planData(rollback.rollbackId, manifest, destination, now);
  const refusal = hostGuards(hostFacts) ?? data?.refusal;
  if (refusal) return { refusal };
  return {
    plan: makePlan({
      rollback,
      manifest,
      running,
      target,
      frontend: destination.frontend,
      configuration: destination.configuration,
      database: data?.target,
      observation: { at: now.toISOString(), hosts, alarms: [...alarms], flows },
      pastDurationsMs: pastDurations(rollback, facts.rollbacks),
      warnings: [
        ...insistenceWarnings(facts),
        ...migrationWarnings(hostFacts),
        ...schemaBehindCode(hostFacts, destination.restoreTime),
        ...(data?.warnings ?? []),
      ],
      now,
    }),
  };
};

type Data =
  | { target: DatabaseTarget; warnings: string[]; refusal?: undefined }
  | { refusal: Refusal; target?: undefined; warnings?: undefined };

/** What a restore would be, or why there can be none; undefined: no database is touched. */
const planData = async (
  rollbackId: string,
  { database }: Manifest,
  { restoreTime }: Places,
  now: Date,
): Promise<Data | undefined> => {
  if (restoreTime === undefined || database === undefined) return undefined;
  return planDatabase({ rollbackId, database, restoreTime, now });
};

const pastDurations = (rollback: Rollback, rollbacks: readonly Rollback[]): number[] =>
  rollbacks
    .filter((past) => past.strategy === rollback.strategy && past.status === 'succeeded')
    .flatMap(({ durationMs }) => durationMs ?? []);
