import type { FrontendTarget, FrontendWish, Manifest, Refusal, Release, ReleaseReference } from '../../contracts.ts';
import { describeRelease } from '../naming.ts';
import { newestFirst } from '../releases.ts';

export type FrontendChoice = {
  frontend: NonNullable<Manifest['frontend']>;
  releases: readonly Release[];
  /** The release to go back to. */
  target: Release;
  wish?: FrontendWish | undefined;
};

export type FrontendChosen = { target: FrontendTarget; refusal?: undefined } | { refusal: Refusal; target?: undefined };

/** S3 times are whole seconds, and what was written in the second of a deployment is taken to be the deployment's. */
const SECOND_MS = 1000;

/** By what a release's bucket is brought back: as asked, else by the most exact thing that the release has. */
export function frontendTarget(choice: FrontendChoice): FrontendChosen {
  const { wish, target, frontend } = choice;
  const ways = { manifest: byManifest, archive: byArchive, time: byTime };
  if (wish?.source !== undefined) {
    const found = ways[wish.source](choice);
    return found === null ? { refusal: impossible(target, wish.source) } : { target: found };
  }
  const found = byManifest(choice) ?? byArchive(choice) ?? byTime(choice);
  return found === null ? { refusal: impossible(target, frontend.archive ? 'archive' : 'manifest') } : { target: found };
}

function byManifest({ target: { version, frontend } }: FrontendChoice): FrontendTarget | null {
  if (frontend?.state !== 'recorded' || frontend.location === undefined) return null;
  return { kind: 'manifest', version, location: frontend.location };
}

function byArchive({ target: { version }, frontend }: FrontendChoice): FrontendTarget | null {
  if (frontend.archive === undefined) return null;
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(frontend.archive.replace('{version}', version)) ?? [];
  return { kind: 'archive', version, bucket, prefix };
}

/** The last moment before the next release came; the newest release has none. */
function byTime({ target, releases }: FrontendChoice): FrontendTarget | null {
  const start = Date.parse(target.deployedAt);
  const next = newestFirst(releases).findLast(({ deployedAt }) => Date.parse(deployedAt) > start);
  if (next === undefined) return null;
  return {
    kind: 'time',
    at: new Date(Math.floor(Date.parse(next.deployedAt) / SECOND_MS) * SECOND_MS - SECOND_MS).toISOString(),
  };
}

const MISSING = {
  manifest: 'no manifest of its bucket was recorded',
  archive: 'the application has no frontend.archive',
  time: 'no later release is recorded, so no moment is known that was still its own',
};

function impossible(target: Release, source: keyof typeof MISSING): Refusal {
  const why = target.frontend?.problem === undefined ? MISSING[source] : `${MISSING[source]} (${target.frontend.problem})`;
  const message = `The frontend of ${describeRelease(target)} cannot be brought back by ${source}: ${why}. Ask for a time (target.time) or another source (frontend.source).`;
  return { code: 'target-not-restorable', message };
}

/** What a moment is called in the log: the release that ran then, as far as recorded. */
export function referenceAt(releases: readonly Release[], at: string): ReleaseReference {
  const ran = newestFirst(releases).find(({ deployedAt }) => Date.parse(deployedAt) <= Date.parse(at));
  return { version: ran?.version ?? null, commit: ran?.commit ?? '', at };
}
