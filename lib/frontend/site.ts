import { eachOf } from '../at-once.ts';
import { headObject } from '../aws/s3/heads.ts';
import { ObjectKind, type PlannedObject } from '../contracts.ts';
import { spread } from '../domain/frontend/chunks.ts';
import { plannedObjects } from './restore-chunk.ts';
import { servedProblem } from './served.ts';
import { standingOf } from './standing.ts';
import { PlanSummary, readSummary } from './summaries.ts';

/** Objects of each kind that are looked at; of entry points, all that a chunk has. */
const SAMPLES: Record<ObjectKind, number> = { assets: 10, entries: 500, removals: 5 };
const CHECKS_AT_ONCE = 8;
/** Larger assets are not fetched to be compared. */
const LARGEST_ASSET = 32 * 1024 ** 2;

export type ComparedSite = {
  readonly bucket: string;
  readonly prefix: string;
  /** Below the prefix. */
  readonly entryPoints: readonly string[];
  /** Where people reach the site; absent: only the bucket is looked at. */
  readonly url?: string | undefined;
};

/**
 * Looks whether a plan of objects came true: entry points and some other objects of it are as planned in the bucket, and what is
 * served at the site's address are the bytes of the bucket. `problems`: sentences; none: all is well. `checked`: objects looked at.
 * Throws `ObjectUnreadable`, `StorageUnavailable`.
 */
export async function compareSite(site: ComparedSite, folder: string): Promise<{ checked: number; problems: string[] }> {
  const samples = await samplesOf(folder);
  const keys = new Set([...site.entryPoints.map((entryPoint) => site.prefix + entryPoint), ...samples.flatMap(comparableKey)]);
  const astray = await eachOf(samples, CHECKS_AT_ONCE, (object) => astrayProblem(site.bucket, object));
  const served = await eachOf([...keys], CHECKS_AT_ONCE, (key) => servedKeyProblem(site, key));
  const problems = [...astray, ...served].filter((problem) => problem !== null);
  return { checked: new Set([...keys, ...samples.map(({ key }) => key)]).size, problems };
}

/** Lines of the first and the last chunk of each kind. */
async function samplesOf(folder: string): Promise<PlannedObject[]> {
  const { chunks } = (await readSummary(folder, PlanSummary)) ?? {};
  const ends = ObjectKind.options.flatMap((kind) => {
    const count = chunks?.[kind] ?? 0;
    return [...new Set([0, count - 1])]
      .filter((number) => number >= 0 && number < count)
      .map((number) => ({ folder, kind, number }));
  });
  const samples = await eachOf(ends, CHECKS_AT_ONCE, async (chunk) =>
    spread(await plannedObjects(chunk), Math.ceil(SAMPLES[chunk.kind] / 2)),
  );
  return samples.flat();
}

function comparableKey({ key, after }: PlannedObject): string[] {
  return after !== null && after.size <= LARGEST_ASSET ? [key] : [];
}

async function astrayProblem(bucket: string, object: PlannedObject): Promise<string | null> {
  const { state } = await standingOf(bucket, object);
  if (state === 'target') return null;
  return `${object.key} in the bucket is ${state === 'before' ? 'still what it was' : 'something else than planned'}.`;
}

/** What is not there, or is a redirect, has no bytes that could be served. */
async function servedKeyProblem({ url, bucket, prefix }: ComparedSite, key: string): Promise<string | null> {
  if (url === undefined) return null;
  const head = await headObject({ bucket, key });
  if (head === null || head.lost.websiteRedirect !== undefined) return null;
  return servedProblem(url, { path: key.slice(prefix.length), bucket, key, versionId: head.versionId });
}
