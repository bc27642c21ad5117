/** Who brings a bucket back: the engine, rclone and the AWS CLI. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { FrontendTarget } from '../lib/contracts.ts';
import type { Job, JobResult } from './frontend-engine.ts';
import { type Program, type Ran, run } from './frontend-process.ts';
import { environmentOf, type Requests, type Store } from './frontend-store.ts';

/** What everything that is measured works with. */
export interface Bench {
  readonly store: Store;
  /** The engine's bundle, as a function's is made. */
  readonly engine: string;
  /** The bucket that stands for the service's own. */
  readonly serviceBucket: string;
  /** Temporary; the home of the tools. */
  readonly directory: string;
  readonly signal: AbortSignal;
  say(line: string): void;
}

export type EngineRun = Ran & JobResult;

/**
 * The heaps that Node gives itself where there are 512 MB, the memory of the functions that plan and record, and 1,024 MB, that of the
 * one that restores. With more it only collects garbage later.
 */
const SMALL_HEAP = ['--max-old-space-size=256', '--max-semi-space-size=1'];
const LARGE_HEAP = ['--max-old-space-size=512', '--max-semi-space-size=16'];

/** Runs the engine in a process of its own. What the server counted is what it asked; else what it counted itself. */
export const runEngine = async ({ store, engine, serviceBucket, signal }: Bench, job: Job): Promise<EngineRun> => {
  store.takeRequests();
  const environment = { ...environmentOf(store), SERVICE_BUCKET: serviceBucket };
  const heap = job.work === 'restore' ? LARGE_HEAP : SMALL_HEAP;
  const ran = await run({ command: process.execPath, args: [...heap, engine, JSON.stringify(job)], environment }, signal);
  const result = JSON.parse(ran.output.trim().split('\n').at(-1) ?? '') as JobResult;
  return { ...ran, ...result, requests: store.takeRequests() ?? result.requests };
};

/** The buckets of one attempt. */
export interface Arena {
  readonly site: string;
  /** When only the good release had been written. */
  readonly goodAt: Date;
  /** Where the good release's manifest lies. */
  readonly manifest: string;
  /** The bucket that holds the good release's finished build below `ARCHIVE_PREFIX`. */
  readonly archive: string;
}

/** What there has to be of the good release: nothing but the versions of its objects, its manifest, or its archived build. */
export type Source = 'time' | 'manifest' | 'archive';

export const ARCHIVE_PREFIX = 'builds/1.0.0/';

export interface Contestant {
  readonly name: string;
  readonly source: Source;
  /** The program that has to be installed; undefined: it is the engine. */
  readonly program?: string;
  bringBack(bench: Bench, arena: Arena): Promise<Ran & { readonly requests: Requests }>;
}

const engineWith = (source: Source, targetOf: (arena: Arena) => FrontendTarget): Contestant => ({
  name: `engine, ${source}`,
  source,
  bringBack: async (bench, arena) => {
    const { site: bucket } = arena;
    const ran = await runEngine(bench, { work: 'restore', bucket, target: targetOf(arena), folder: `rollbacks/${bucket}/apply` });
    const { conflicts = 0, failed = 0, examples = [] } = ran.outcome ?? {};
    if (conflicts + failed > 0)
      throw new Error(`engine, ${source}: ${conflicts} conflicts, ${failed} failed: ${examples.join(' ')}`);
    return ran;
  },
});

const programWith = (
  { name, source, program }: Required<Omit<Contestant, 'bringBack'>>,
  programOf: (bench: Bench, arena: Arena) => Omit<Program, 'command'>,
): Contestant => ({
  name,
  source,
  program,
  bringBack: async (bench, arena) => {
    bench.store.takeRequests();
    const ran = await run({ command: program, ...programOf(bench, arena) }, bench.signal);
    return { ...ran, requests: bench.store.takeRequests() ?? {} };
  },
});

/** `version_at` makes a remote read-only, hence two remotes of one server. */
const rclone =
  (...flags: string[]) =>
  ({ store, directory }: Bench, { site, goodAt }: Arena): Omit<Program, 'command'> => {
    const remote = {
      TYPE: 's3',
      PROVIDER: 'Other',
      ENDPOINT: store.endpoint,
      REGION: store.region,
      ACCESS_KEY_ID: store.keys.accessKeyId,
      SECRET_ACCESS_KEY: store.keys.secretAccessKey,
    };
    return {
      args: ['--config', '/dev/null', 'sync', `good:${site}`, `now:${site}`, '--server-side-across-configs', ...flags],
      environment: {
        HOME: directory,
        ...asConfiguration('GOOD', { ...remote, VERSION_AT: goodAt.toISOString() }),
        ...asConfiguration('NOW', remote),
      },
    };
  };

const asConfiguration = (name: string, remote: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(remote).map(([option, value]) => [`RCLONE_CONFIG_${name}_${option}`, value]));

const awsSync = ({ store, directory }: Bench, { site, archive }: Arena): Omit<Program, 'command'> => {
  const nothing = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const buckets = [`s3://${archive}/${ARCHIVE_PREFIX}`, `s3://${site}/`];
  return {
    args: ['--endpoint-url', store.endpoint, 's3', 'sync', '--delete', '--only-show-errors', ...buckets],
    environment: { ...environmentOf(store), ...nothing, HOME: directory },
  };
};

/** Compares by MD5 instead of a request an object for its time, lists without folders, and does more at once. */
const RCLONE_FAST = ['--checksum', '--fast-list', '--transfers', '32', '--checkers', '32'];

/** The first is what the others are compared with. */
export const CONTESTANTS: readonly Contestant[] = [
  engineWith('manifest', ({ manifest }) => ({ kind: 'manifest', version: '1.0.0', location: manifest })),
  engineWith('time', ({ goodAt }) => ({ kind: 'time', at: goodAt.toISOString() })),
  programWith({ name: 'rclone sync', source: 'time', program: 'rclone' }, rclone()),
  programWith({ name: 'rclone sync, best flags', source: 'time', program: 'rclone' }, rclone(...RCLONE_FAST)),
  engineWith('archive', ({ archive: bucket }) => ({ kind: 'archive', version: '1.0.0', bucket, prefix: ARCHIVE_PREFIX })),
  programWith({ name: 'aws s3 sync --delete', source: 'archive', program: 'aws' }, awsSync),
];

const execute = promisify(execFile);

/** Says which programs there are, and leaves the contestants out that are not installed. */
export const presentContestants = async (say: (line: string) => void): Promise<Contestant[]> => {
  const missing = new Set<string>();
  for (const program of new Set(CONTESTANTS.flatMap(({ program }) => program ?? []))) {
    const version = await versionOf(program);
    say(version ?? `${program} is not installed: its rows are left out`);
    if (version === undefined) missing.add(program);
  }
  return CONTESTANTS.filter(({ program = '' }) => !missing.has(program));
};

const versionOf = async (program: string): Promise<string | undefined> => {
  const { stdout } = await execute(program, ['--version'], { timeout: 30_000 }).catch(() => ({ stdout: '' }));
  return stdout.split('\n').find((line) => line.trim() !== '');
};
