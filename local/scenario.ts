import { setTimeout as pause } from 'node:timers/promises';
import { DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type * as z from 'zod';
import type { Release, ReleaseInput, Rollback, RollbackEvent } from '../lib/contracts.ts';
import { isOver } from '../lib/domain/transitions.ts';
import type { Health } from './sample/host.ts';
import { ALARM, sampleManifest } from './sample/manifest.ts';
import type { SampleRelease } from './sample/repository.ts';
import { buildSite } from './sample/site.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** The observer's interval once a host is right: the resolution of `alarmToHealthyMs` where hosts follow each other. */
const HEALTH_POLL_MS = 50;
/** Until then: asking more often would take a tenth of a core from what is measured. */
const FIRST_HEALTH_POLL_MS = 200;
/** Often enough to look live, seldom enough not to slow down what is watched. */
const FOLLOW_MS = 400;
const DAY_MS = 86_400_000;
const RECORDED_WITHIN_MS = 60_000;

/**
 * Records a release unless an earlier start in the same state folder has: its record has the time of then. Throws `ApiError` when
 * the version stands for another commit.
 */
export async function recordRelease({ client, application }: World, release: z.input<typeof ReleaseInput>): Promise<void> {
  const operator = client('operator');
  const path = `/applications/${application}/releases`;
  const { releases } = (await operator.call('GET', path)) as { releases: readonly Release[] };
  const isRecorded = releases.some(({ version, commit }) => version === release.version && commit === release.commit);
  if (!isRecorded) await operator.call('POST', path, release);
  await until(`the manifest of ${release.version}`, RECORDED_WITHIN_MS, async () => {
    const recorded = (await operator.call('GET', path)).releases as readonly Release[];
    return recorded.find(({ version }) => version === release.version)?.frontend?.state !== 'recording' || undefined;
  });
}

/** A start may find the deployment of an earlier one in its state folder, from any time ago. */
const TRIGGERS = [{ alarm: ALARM, issue: 'application-bug', onlyWithin: '365d' }] as const;

/** Puts the manifest and records the good releases, verified, as if they had been deployed a day after each other. */
export async function recordApplication(world: World): Promise<void> {
  const manifest = sampleManifest({ triggers: [...TRIGGERS], frontend: world.site.manifest });
  await world.client('operator').call('PUT', `/applications/${world.application}`, manifest);
  const good = world.repository.releases.filter((release) => release.good);
  for (const [index, { version, commit }] of good.entries()) {
    const deployedAt = new Date(Date.now() - (good.length - index) * DAY_MS).toISOString();
    await world.site.deploy(buildSite(version));
    await recordRelease(world, { version, commit, deployedAt, status: 'verified' });
  }
}

/** Deploys a release to every host by hand and records it, as a deployment pipeline would. */
export async function deployRelease(world: World, { version, commit }: SampleRelease): Promise<void> {
  await recordRelease(world, { version, commit, deployedAt: new Date().toISOString(), status: 'deployed' });
  await Promise.all(world.hosts.map((host) => host.deploy(version)));
}

async function describeAlarm(world: World): Promise<MetricAlarm | undefined> {
  const { MetricAlarms } = await world.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [ALARM] }));
  return MetricAlarms?.[0];
}

/** Waits for a state of the sample's alarm and answers when it was entered. */
export async function untilAlarm(world: World, state: 'OK' | 'ALARM', withinMs = 60_000): Promise<Date> {
  return until(`alarm ${ALARM} in state ${state}`, withinMs, async () => {
    const alarm = await describeAlarm(world);
    return alarm?.StateValue === state ? alarm.StateUpdatedTimestamp : undefined;
  });
}

/** Whether the alarm is OK, and was judged on a period that ended after `change`: old data proves nothing. */
export async function isAlarmOkSince(world: World, change: Date): Promise<boolean> {
  const alarm = await describeAlarm(world);
  if (alarm?.StateValue !== 'OK') return false;
  const { evaluatedDatapoints = [] } = JSON.parse(alarm.StateReasonData ?? '{}');
  const newest = Math.max(0, ...evaluatedDatapoints.map(({ timestamp }: { timestamp: string }) => Date.parse(timestamp)));
  return newest + (alarm.Period ?? 0) * 1000 > change.getTime();
}

/** The id of the rollback that an alarm started by itself, as soon as the log has it. */
export async function untilStartedByAlarm(world: World, since: Date): Promise<string> {
  const path = `/rollbacks?application=${world.application}&from=${encodeURIComponent(since.toISOString())}`;
  return until('a rollback started by the alarm', 60_000, async () => {
    const { rollbacks } = (await world.client('viewer').call('GET', path)) as { rollbacks: readonly Rollback[] };
    return rollbacks.find(({ trigger }) => trigger.type === 'alarm')?.rollbackId;
  });
}

/** Hands every event of the rollback to `tell` as it appears in the log, until the rollback is over. Answers its log entry. */
export async function followRollback(world: World, rollbackId: string, tell: (event: RollbackEvent) => void): Promise<Rollback> {
  const viewer = world.client('viewer');
  let after = 0;
  const readEvents = async (): Promise<readonly RollbackEvent[]> => {
    const page = await viewer.call('GET', `/rollbacks/${rollbackId}/events?after=${after}&limit=200`);
    const events = page.events as readonly RollbackEvent[];
    for (const event of events) tell(event);
    after = events.at(-1)?.seq ?? after;
    return events;
  };
  return until(
    `the end of rollback ${rollbackId}`,
    15 * 60_000,
    async () => {
      await readEvents();
      const rollback = (await viewer.call('GET', `/rollbacks/${rollbackId}`)) as Rollback;
      if (!isOver(rollback.status)) return undefined;
      // The last events may have come between the two requests.
      await readEvents();
      return rollback;
    },
    FOLLOW_MS,
  );
}

/** Watches every host's health from outside. */
export interface Observer {
  /** The first moment at which every host answered 200 with the version; undefined: not yet. */
  healthyAt(): Date | undefined;
  stop(): Promise<void>;
}

/** Starts to watch until every host is healthy with the version, or it is stopped. */
export function observeHealth(world: World, version: string): Observer {
  let healthyAt: Date | undefined;
  let stopped = false;
  const isRight = (answer: Health) => answer.status === 200 && answer.version === version;
  const watch = async () => {
    while (!stopped && !healthyAt) {
      const answers = await Promise.all(world.hosts.map((host) => host.health()));
      if (answers.every(isRight)) healthyAt = new Date();
      else await pause(answers.some(isRight) ? HEALTH_POLL_MS : FIRST_HEALTH_POLL_MS);
    }
  };
  const watching = watch();
  return {
    healthyAt: () => healthyAt,
    async stop() {
      stopped = true;
      await watching;
    },
  };
}
