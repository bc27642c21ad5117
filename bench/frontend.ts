/** A site of many objects brought back by the engine, by the whole service and by what people use instead, on one S3 server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorld } from '../local/world.ts';
import { bundle } from './bundles.ts';
import { type ContestResult, measureContest } from './frontend-contest.ts';
import { type Bench, CONTESTANTS, type Contestant, presentContestants } from './frontend-contestants.ts';
import { openForeignStore } from './frontend-foreign.ts';
import { type GrowthFigures, measureGrowth } from './frontend-growth.ts';
import { measureService, type ServiceResult } from './frontend-service.ts';
import type { SiteSize } from './frontend-site.ts';
import { openLocalStore, type Store } from './frontend-store.ts';
import { measureVersions, type VersionsFigures, type VersionsSize } from './frontend-versions.ts';

export interface FrontendOptions {
  readonly rounds: number;
  /** Another S3 server; absent: the laptop AWS, with everything that can be measured only there. */
  readonly endpoint?: string;
  readonly objects?: number;
  readonly changed?: number;
}

export interface FrontendResult {
  readonly contest: ContestResult;
  /** The same with every answer of S3 `DISTANCE_MS` late. */
  readonly distant?: ContestResult;
  readonly service?: ServiceResult;
  readonly versions: readonly VersionsFigures[];
  readonly growth: readonly GrowthFigures[];
}

/** About what S3 takes to answer a small request within its region; on the loopback it takes next to nothing. */
export const DISTANCE_MS = 30;

interface Scale {
  readonly site: SiteSize;
  readonly versions: VersionsSize;
  /** Changed objects. */
  readonly growth: readonly number[];
}

const scaleHere = ({ objects = 20_000, changed = 1000 }: FrontendOptions): Scale => ({
  site: { objects, changed },
  versions: { ofOneKey: 10 * objects, ofMany: 50 * objects },
  growth: [changed, 10 * changed, 100 * changed],
});

/** Everything is written over the network, one request a version. */
const scaleElsewhere = ({ objects = 2000, changed = 100 }: FrontendOptions): Scale => ({
  site: { objects, changed },
  versions: { ofOneKey: objects, ofMany: objects },
  growth: [Math.ceil(changed / 100), Math.ceil(changed / 10), changed].filter((count) => count >= 10),
});

/** Somebody ended the measuring; what was started and made is gone. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Throws `Interrupted` when the process is told to end. */
export const measureFrontend = async (options: FrontendOptions, say: (line: string) => void): Promise<FrontendResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'rollback-bench-'));
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Interrupted('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const start: Start = { directory, signal: interruption.signal, say };
  try {
    const { endpoint } = options;
    return endpoint === undefined ? await measureHere(start, options) : await measureElsewhere(start, endpoint, options);
  } catch (error) {
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    await rm(directory, { recursive: true, force: true });
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
};

type Start = Pick<Bench, 'directory' | 'signal' | 'say'>;

const measureHere = async (start: Start, options: FrontendOptions): Promise<FrontendResult> => {
  const { directory, signal, say } = start;
  const scale = scaleHere(options);
  const contestants = await presentContestants(say);
  const world = await startWorld({ directory: join(directory, 'world'), port: 0, hostCount: 0, tell: say, signal });
  const store = openLocalStore(world.aws);
  const measure = async (): Promise<FrontendResult> => {
    const bench = await openBench(start, store);
    const contest = await measureContest(bench, contestants, scale.site, options.rounds);
    const service = await measureService({ world, store, say }, scale.site, options.rounds);
    const distant = await measureDistant(bench, contestants, scale.site);
    return { contest, service, distant, ...(await measureEngine(bench, scale)) };
  };
  try {
    return await Promise.race([measure(), end(signal)]);
  } finally {
    await world.close();
  }
};

const measureDistant = async (bench: Bench, contestants: readonly Contestant[], size: SiteSize): Promise<ContestResult> => {
  bench.say(`from now on every answer of S3 takes ${DISTANCE_MS} ms more`);
  bench.store.delay(DISTANCE_MS);
  try {
    return await measureContest(bench, contestants, size, 1);
  } finally {
    bench.store.delay(0);
  }
};

const measureElsewhere = async (start: Start, endpoint: string, options: FrontendOptions): Promise<FrontendResult> => {
  const scale = scaleElsewhere(options);
  const store = openForeignStore(endpoint, start.signal);
  try {
    const bench = await openBench(start, store);
    const contest = await measureContest(bench, CONTESTANTS.slice(0, 1), scale.site, options.rounds);
    return { contest, ...(await measureEngine(bench, scale)) };
  } finally {
    start.say('removing the buckets');
    await store.close();
  }
};

const measureEngine = async (bench: Bench, { versions, growth }: Scale) => ({
  growth: await measureGrowth(bench, growth),
  versions: await measureVersions(bench, versions),
});

/** The engine is bundled as the deployed functions are. */
const openBench = async (start: Start, store: Store): Promise<Bench> => {
  const engine = join(start.directory, 'engine.cjs');
  await bundle(join(import.meta.dirname, 'frontend-engine.ts'), engine);
  return { ...start, store, engine, serviceBucket: await store.createBucket('service') };
};

/** Rejects when the signal comes. */
const end = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
