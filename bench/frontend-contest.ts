/** Part one: the same bad release undone by each contestant, in a bucket of its own. */
import { type Check, checkSite, faultsOf } from './frontend-check.ts';
import { ARCHIVE_PREFIX, type Arena, type Bench, type Contestant, runEngine, type Source } from './frontend-contestants.ts';
import { badWrites, goodWrites, type SiteSize, type Write } from './frontend-site.ts';
import type { Requests } from './frontend-store.ts';
import { median, seconds } from './statistics.ts';

/** What was measured in all rounds. */
export interface Figures {
  readonly name: string;
  readonly ms: readonly number[];
  readonly medianMs: number;
  /** The highest of all rounds. */
  readonly peakBytes: number;
  /** Of the last round. */
  readonly requests: Requests;
}

export interface Standing extends Figures {
  readonly check: Check;
}

export interface ContestResult {
  readonly size: SiteSize;
  /** Writing the good release's manifest, and the bad one's after it. */
  readonly recordings: readonly Figures[];
  readonly standings: readonly Standing[];
}

interface Attempt {
  readonly ms: number;
  readonly peakBytes: number;
  readonly requests: Requests;
}

type Attempts = Map<string, (Attempt & { readonly check?: Check })[]>;

/** Whoever wrote the archive did so a moment before the deployment. */
const [ARCHIVED, GOOD, BAD] = [2.01, 2, 1];

/** The contestants take turns, so that a machine that gets slower slows all of them. */
export const measureContest = async (
  bench: Bench,
  contestants: readonly Contestant[],
  size: SiteSize,
  rounds: number,
): Promise<ContestResult> => {
  const attempts: Attempts = new Map(contestants.map(({ name }) => [name, []]));
  const recordings: Attempts = new Map([
    ['first manifest', []],
    ['next manifest', []],
  ]);
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const arena = await prepare(bench, contestant.source, size, recordings);
      const since = new Date();
      const ran = await contestant.bringBack(bench, arena);
      const check = await checkSite(bench.store, arena.site, size, since);
      attempts.get(contestant.name)?.push({ ...ran, check });
      bench.say(
        `${contestant.name}, round ${round}: ${seconds(ran.ms)}${faultsOf(check)
          .map((fault) => `, ${fault}`)
          .join('')}`,
      );
    }
  }
  return { size, recordings: [...recordings].map(figuresOf), standings: [...attempts].map(standingOf) };
};

/** A bucket after the bad release, and what the contestant goes by. */
const prepare = async (bench: Bench, source: Source, size: SiteSize, recordings: Attempts): Promise<Arena> => {
  const { store } = bench;
  const site = await store.createBucket('site');
  const archive = source === 'archive' ? await writeArchive(bench, size) : '';
  const goodAt = await store.fill(site, goodWrites(size), GOOD);
  const manifest = `manifests/${site}/1.0.0`;
  const record = async (name: string, location: string, previous?: string) => {
    if (source !== 'manifest') return;
    const job = { work: 'record', bucket: site, location, ...(previous !== undefined && { previous }) } as const;
    recordings.get(name)?.push(await runEngine(bench, job));
  };
  await record('first manifest', manifest);
  await store.fill(site, badWrites(size), BAD);
  await record('next manifest', `manifests/${site}/1.1.0`, manifest);
  return { site, goodAt, manifest, archive };
};

const writeArchive = async ({ store }: Bench, size: SiteSize): Promise<string> => {
  const archive = await store.createBucket('archive');
  await store.fill(archive, below(ARCHIVE_PREFIX, goodWrites(size)), ARCHIVED);
  return archive;
};

function* below(prefix: string, writes: Iterable<Write>): Generator<Write> {
  for (const write of writes) yield { ...write, key: prefix + write.key };
}

const figuresOf = ([name, attempts]: readonly [string, readonly Attempt[]]): Figures => {
  const ms = attempts.map((attempt) => attempt.ms);
  const peakBytes = Math.max(...attempts.map((attempt) => attempt.peakBytes));
  return { name, ms, medianMs: median(ms), peakBytes, requests: attempts.at(-1)?.requests ?? {} };
};

const standingOf = ([name, attempts]: readonly [string, readonly (Attempt & { readonly check?: Check })[]]): Standing => {
  const check = attempts.at(-1)?.check;
  if (!check) throw new Error(`${name} was never measured`);
  return { ...figuresOf([name, attempts]), check };
};
