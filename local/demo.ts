import type { Rollback } from '../lib/contracts.ts';
import { createProgress, seconds } from './progress.ts';
import type { SampleRelease } from './sample/repository.ts';
import { runRunbook } from './sample/runbook.ts';
import {
  deployRelease,
  followRollback,
  isAlarmOkSince,
  type Observer,
  observeHealth,
  recordApplication,
  untilAlarm,
  untilStartedByAlarm,
} from './scenario.ts';
import { playSiteScene, type SiteResult } from './site-scene.ts';
import { countTransitions } from './transitions.ts';
import { NotInTime, until } from './until.ts';
import type { World } from './world.ts';

/** What `npm run demo` prints as its last line. */
export interface DemoResult {
  readonly rollbackId: string;
  readonly outcome: string;
  /** Versions, such as `1.3.0`. */
  readonly from: string | null;
  readonly to: string | null;
  /** By the hosts' own health answers at the end. */
  readonly hosts: readonly { readonly id: string; readonly version: string | null }[];
  /** From the alarm's change of state to the first moment at which every host was healthy with the target; null: never. */
  readonly alarmToHealthyMs: number | null;
  /** The same rollback by the runbook's hand steps as a script, one host after the other. */
  readonly runbookMs: number;
  /** State transitions, nested executions included. */
  readonly transitions: number;
  /** The second scene: the frontend. */
  readonly site: SiteResult;
}

/** How a demonstration ended. */
export interface DemoEnd {
  readonly result: DemoResult;
  /** The log entry after the runbook's template, in Markdown. */
  readonly report: string;
  /** What is not as it should be; empty: all is well. */
  readonly problems: readonly string[];
}

type Say = (line: string) => void;

/** How long after the rollback's end the alarm may need: a period of data and one evaluation. */
const ALARM_OK_WITHIN_MS = 45_000;
const TRAFFIC_MS = 30 * 60_000;

function badRelease({ repository }: World): SampleRelease {
  const release = repository.releases.findLast(({ good }) => !good);
  if (!release) throw new Error('the sample repository has no bad release');
  return release;
}

/**
 * Measured before there is traffic or anything in the registry: afterwards a second bad deployment would make the alarm start a
 * second rollback. What the disk caches by it helps the service's own run as much as a real host's cache would.
 */
async function measureRunbook(world: World, bad: SampleRelease, say: Say): Promise<number> {
  say(`measuring the runbook's hand steps: ${bad.version} back to ${world.release.version}`);
  await Promise.all(world.hosts.map((host) => host.deploy(bad.version)));
  const ms = await runRunbook(world.hosts, world.release.commit);
  say(`the runbook as a script took ${seconds(ms)} for ${world.hosts.length} hosts`);
  return ms;
}

async function prepare(world: World, say: Say): Promise<void> {
  world.startTraffic(TRAFFIC_MS);
  await recordApplication(world);
  say(`recorded ${world.application} and its releases; waiting for the alarm to be OK`);
  await untilAlarm(world, 'OK');
}

async function watchRollback(world: World, since: Date, say: Say): Promise<Rollback> {
  const rollbackId = await untilStartedByAlarm(world, since);
  say(`the alarm started rollback ${rollbackId}`);
  const progress = createProgress();
  try {
    return await followRollback(world, rollbackId, progress.add);
  } finally {
    await progress.end();
  }
}

async function isAlarmOkInTime(world: World, change: Date): Promise<boolean> {
  const ask = async () => ((await isAlarmOkSince(world, change)) ? true : undefined);
  return until('alarm OK on data newer than the change', ALARM_OK_WITHIN_MS, ask).catch((error: unknown) => {
    if (error instanceof NotInTime) return false;
    throw error;
  });
}

async function judge(
  world: World,
  rollback: Rollback,
  healthyAt: Date | undefined,
): Promise<{ problems: string[]; hosts: DemoResult['hosts'] }> {
  const target = world.release.version;
  const problems: string[] = [];
  if (rollback.status !== 'succeeded')
    problems.push(`the outcome is ${rollback.status}${rollback.refusal ? `: ${rollback.refusal.message}` : ''}`);
  if (!healthyAt) problems.push(`the hosts were never all healthy with ${target}`);
  else if (!(await isAlarmOkInTime(world, healthyAt))) problems.push('the alarm is not OK on data newer than the change');
  const answers = await Promise.all(world.hosts.map(async (host) => ({ id: host.id, ...(await host.health()) })));
  for (const { id, status, version } of answers) {
    if (status !== 200 || version !== target)
      problems.push(`host ${id} answers ${status} with version ${version}, not ${target}`);
  }
  return { problems, hosts: answers.map(({ id, version }) => ({ id, version })) };
}

async function breakAndWatch(
  world: World,
  bad: SampleRelease,
  say: Say,
): Promise<{ rollback: Rollback; alarmAt: Date; observer: Observer }> {
  const since = new Date();
  say(`deploying ${bad.version}, whose health check answers 500`);
  await deployRelease(world, bad);
  const alarmAt = await untilAlarm(world, 'ALARM');
  say('the alarm is in ALARM');
  const observer = observeHealth(world, world.release.version);
  try {
    return { rollback: await watchRollback(world, since, say), alarmAt, observer };
  } finally {
    await observer.stop();
  }
}

/**
 * The main job from end to end: a bad release, the alarm, the rollback that it starts, and the proof that all is well again. Then a
 * bad site, which a person asks to roll back.
 */
export async function runDemo(world: World, say: Say): Promise<DemoEnd> {
  const bad = badRelease(world);
  const runbookMs = await measureRunbook(world, bad, say);
  await prepare(world, say);
  const { rollback, alarmAt, observer } = await breakAndWatch(world, bad, say);
  const { rollbackId } = rollback;
  const healthyAt = observer.healthyAt();
  const { problems, hosts } = await judge(world, rollback, healthyAt);
  const report: string = await world.client('viewer').call('GET', `/rollbacks/${rollbackId}/report`);
  const site = await playSiteScene(world, say);
  const result: DemoResult = {
    rollbackId,
    outcome: rollback.status,
    from: rollback.from?.version ?? null,
    to: rollback.to?.version ?? null,
    hosts,
    alarmToHealthyMs: healthyAt ? healthyAt.getTime() - alarmAt.getTime() : null,
    runbookMs,
    transitions: await countTransitions(world, rollbackId),
    site: site.result,
  };
  return { result, report, problems: [...problems, ...site.problems] };
}
