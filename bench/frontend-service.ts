/** Part one, the whole service: the same bad release undone by the deployed state machines, from the request until the site is right. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Release, RollbackEvent } from '../lib/contracts.ts';
import { sampleManifest } from '../local/sample/manifest.ts';
import { followRollback } from '../local/scenario.ts';
import { openSite, type Site } from '../local/site.ts';
import { countTransitions } from '../local/transitions.ts';
import { until } from '../local/until.ts';
import type { World } from '../local/world.ts';
import { type Check, checkSite } from './frontend-check.ts';
import type { Usage } from './frontend-cost.ts';
import { badWrites, goodWrites, type SiteSize } from './frontend-site.ts';
import type { Store } from './frontend-store.ts';
import { median, seconds } from './statistics.ts';

const DAY_MS = 86_400_000;
const RECORDED_WITHIN_MS = 10 * 60_000;
const MEGABYTES_OF_A_GIGABYTE = 1024;

export interface ServiceResult {
  readonly ms: readonly number[];
  readonly medianMs: number;
  /** Of the last round, as all below: recording a release by the service, in milliseconds from its request. */
  readonly recordMs: { readonly first: number; readonly next: number };
  readonly usage: Usage;
  readonly check: Check;
}

interface Attempt extends Omit<ServiceResult, 'medianMs' | 'ms'> {
  readonly ms: number;
}

export interface Stage {
  readonly world: World;
  readonly store: Store;
  say(line: string): void;
}

export const measureService = async (stage: Stage, size: SiteSize, rounds: number): Promise<ServiceResult> => {
  const attempts: Attempt[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    attempts.push(await attempt(stage, size, `bench-${round}`));
    stage.say(`service, round ${round}: ${seconds(attempts.at(-1)?.ms ?? 0)}`);
  }
  const last = attempts.at(-1);
  if (!last) throw new RangeError('there are no rounds');
  const ms = attempts.map((one) => one.ms);
  return { ...last, ms, medianMs: median(ms) };
};

const attempt = async (stage: Stage, size: SiteSize, application: string): Promise<Attempt> => {
  const { world, store } = stage;
  const site = await openSite(world.aws, application);
  await register(world, site, application);
  await store.fill(site.bucket, goodWrites(size), 2);
  const first = await recordRelease(world, application, { version: '1.0.0', status: 'verified', days: 2 });
  await store.fill(site.bucket, badWrites(size), 1);
  const next = await recordRelease(world, application, { version: '1.1.0', status: 'deployed', days: 1 });
  const measured = await rollBack(stage, application);
  const check = await checkSite(store, site.bucket, size, measured.startedAt);
  return { ms: measured.ms, recordMs: { first, next }, usage: measured.usage, check };
};

const register = async (world: World, { manifest: frontend }: Site, application: string): Promise<void> => {
  const monitor = { for: '1s', every: '1s', alarms: [] };
  const manifest = sampleManifest({ application, frontend, monitor, triggers: [], health: {} });
  await world.client('operator').call('PUT', `/applications/${application}`, manifest);
};

/** Answers how long it took until the release's manifest was recorded. */
const recordRelease = async (
  world: World,
  application: string,
  { version, status, days }: { readonly version: string; readonly status: string; readonly days: number },
): Promise<number> => {
  const started = performance.now();
  const operator = world.client('operator');
  const path = `/applications/${application}/releases`;
  const commit = createHash('sha1').update(version).digest('hex');
  const deployedAt = new Date(Date.now() - days * DAY_MS).toISOString();
  await operator.call('POST', path, { version, commit, deployedAt, status });
  await until(`the manifest of ${version}`, RECORDED_WITHIN_MS, async () => {
    const { releases } = (await operator.call('GET', path)) as { readonly releases: readonly Release[] };
    const { frontend } = releases.find((release) => release.version === version) ?? {};
    if (frontend?.state === 'failed') throw new Error(`${version} was not recorded: ${frontend.problem}`);
    return frontend?.state === 'recorded' || undefined;
  });
  return performance.now() - started;
};

/** Every function starts cold, as on the rare day of a rollback. */
const rollBack = async ({ world, store }: Stage, application: string) => {
  await world.aws.lambda.cool();
  const billedBefore = await billedSoFar(world);
  store.takeRequests();
  const startedAt = new Date();
  const request = { strategy: 'frontend', reason: 'The bench says so' };
  const { rollbackId } = await world.client('operator').call('POST', `/applications/${application}/rollbacks`, request);
  const events: RollbackEvent[] = [];
  const { status, resolution } = await followRollback(world, rollbackId, (event) => events.push(event));
  const right = events.find(({ type }) => type === 'site-right');
  if (status !== 'succeeded' || !right) throw new Error(`${rollbackId} is ${status}: ${resolution}`);
  const usage: Usage = {
    requests: store.takeRequests() ?? {},
    gigabyteSeconds: (await billedSoFar(world)) - billedBefore,
    transitions: await countTransitions(world, rollbackId),
  };
  return { ms: Date.parse(right.at) - startedAt.getTime(), startedAt, usage };
};

/** Gigabyte-seconds of all steps so far, by the reports in their logs. Functions that only answer this bench's questions are left out. */
const billedSoFar = async ({ aws: { template, lambda } }: World): Promise<number> => {
  const billed = template.ofType('AWS::Lambda::Function').map(async ({ name }) => {
    const { handler, memoryMb } = lambda.find(name);
    if (!handler.startsWith('functions/steps/')) return 0;
    const log = await readFile(lambda.logFile(name), 'utf8').catch(() => '');
    const durations = [...log.matchAll(/^REPORT .*\tDuration: (\d+) ms$/gm)].map(([, ms]) => Number(ms));
    const totalMs = durations.reduce((sum, ms) => sum + ms, 0);
    return (totalMs / 1000) * (memoryMb / MEGABYTES_OF_A_GIGABYTE);
  });
  return (await Promise.all(billed)).reduce((sum, one) => sum + one, 0);
};
