import type { Release, Rollback } from '../contracts.ts';
import { milliseconds } from './duration.ts';

/** What the hosts run, as far as it is recorded. */
export type Running = {
  /** null: what runs was never recorded as a release. */
  release: Release | null;
  /** The full commit id; null: no host answered and nothing is recorded. */
  commit: string | null;
  /** Whether the hosts that answered run different commits. */
  mixed: boolean;
};

/** Releases by deployment time, newest first; the argument is left as it is. */
export function newestFirst(releases: readonly Release[]): Release[] {
  return releases.toSorted((a, b) => Date.parse(b.deployedAt) - Date.parse(a.deployedAt));
}

/**
 * Whether a release is known to be good: somebody said so, or it ran for `verifyAfter` (a duration) without alarm.
 * Its run ends when the next release is deployed. One alarm in that run is enough to need a person's word.
 */
export function isVerified(release: Release, releases: readonly Release[], verifyAfter: string, now: Date): boolean {
  if (release.status !== 'deployed') return release.status === 'verified';
  const start = Date.parse(release.deployedAt);
  const end = endOfRun(release, releases, now);
  const alarmed = release.alarmedAt === undefined ? null : Date.parse(release.alarmedAt);
  const alarmedInRun = alarmed !== null && alarmed >= start && alarmed <= end;
  return !alarmedInRun && end - start >= milliseconds(verifyAfter);
}

/** How long a release ran before the next one was deployed, or has run so far, in milliseconds. */
export function ranFor(release: Release, releases: readonly Release[], now: Date): number {
  return Math.max(0, endOfRun(release, releases, now) - Date.parse(release.deployedAt));
}

function endOfRun(release: Release, releases: readonly Release[], now: Date): number {
  const start = Date.parse(release.deployedAt);
  const later = releases.map((other) => Date.parse(other.deployedAt)).filter((time) => time > start);
  return Math.min(now.getTime(), ...later);
}

/**
 * The newest recorded release whose commit the hosts run; silent hosts are believed to run the newest recorded one.
 * `hostCommits` holds one commit per host that answered.
 */
export function runningRelease(releases: readonly Release[], hostCommits: readonly string[]): Running {
  const recorded = newestFirst(releases);
  const mixed = new Set(hostCommits).size > 1;
  const release =
    (hostCommits.length === 0 ? recorded : recorded.filter(({ commit }) => hostCommits.includes(commit)))[0] ?? null;
  return { release, commit: release?.commit ?? mostFrequent(hostCommits), mixed };
}

/** Strategies and outcomes that leave a release's code running which was not deployed last. */
const CODE: readonly Rollback['strategy'][] = ['code', 'full'];
const ARRIVED: readonly Rollback['status'][] = ['succeeded', 'unresolved'];

/** The release that ran at a time (ISO), by what is on record: the newest that was deployed by then, or that a later rollback went to. */
export function releaseAt(releases: readonly Release[], rollbacks: readonly Rollback[], at: string): Release | null {
  const comings = [
    ...releases.map((release) => ({ release, since: release.deployedAt })),
    ...rollbacks
      .filter(({ strategy, status }) => CODE.includes(strategy) && ARRIVED.includes(status))
      .flatMap(({ to, endedAt }) =>
        releases.filter(({ version }) => version === to?.version).map((release) => ({ release, since: endedAt ?? '' })),
      ),
  ].map(({ release, since }) => ({ release, since: Date.parse(since) }));
  const come = comings.filter(({ since }) => since <= Date.parse(at)).toSorted((a, b) => b.since - a.since);
  return come[0]?.release ?? null;
}

function mostFrequent(commits: readonly string[]): string | null {
  const hostsOf = Map.groupBy(commits, (commit) => commit);
  const [first] = [...hostsOf].toSorted(([a, hosts], [b, others]) => others.length - hosts.length || a.localeCompare(b));
  return first?.[0] ?? null;
}
