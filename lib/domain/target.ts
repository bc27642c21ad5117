import type { Refusal, Release } from '../contracts.ts';
import { describeDuration } from './duration.ts';
import { describeRelease, list } from './naming.ts';
import { isVerified, newestFirst, type Running, ranFor } from './releases.ts';

export type TargetChoice = {
  application: string;
  releases: readonly Release[];
  running: Running;
  /** The version a person asked for; absent: the last known good one is searched. */
  requestedVersion?: string | undefined;
  /** A duration: how long a release has to run without alarm to count as verified. */
  verifyAfter: string;
  /** An undo goes back to where it came from: it may be unverified, yet not bad. */
  acceptUnverified?: boolean;
  /** What runs may be the target too: a bucket can be brought back to its own release. */
  acceptCurrent?: boolean;
  now: Date;
};

export type Choice = { target: Release; refusal?: undefined } | { refusal: Refusal; target?: undefined };

/**
 * The release to go back to: the newest verified, not bad one deployed before the running one, or the one asked for.
 * It never answers a bad release. It answers the running commit only if asked for by version while hosts run different
 * commits, which is the way out of a mixed fleet.
 */
export function chooseTarget(choice: TargetChoice): Choice {
  return choice.requestedVersion === undefined ? lastKnownGood(choice) : requested(choice, choice.requestedVersion);
}

function lastKnownGood(choice: TargetChoice): Choice {
  const { releases, running } = choice;
  const earlier = newestFirst(releases).filter((release) => release.commit !== running.commit && isEarlier(release, running));
  const target = earlier.find((release) => problemOf(release, choice) === null);
  if (target !== undefined) return { target };
  const before = running.release === null ? 'what runs' : describeRelease(running.release);
  if (earlier.length === 0) {
    const message = `No release before ${before} is recorded: record an earlier one as a release of the application, then ask for its version.`;
    return { refusal: { code: 'nothing-recorded', message } };
  }
  const problems = earlier.map((release) => problemOf(release, choice)).filter((problem) => problem !== null);
  const code = problems.every((problem) => problem.code === 'target-bad') ? 'target-bad' : 'target-unverified';
  const why = problems.slice(0, 5).map(({ message }) => message);
  return { refusal: { code, message: `No release before ${before} is known to be good. ${why.join(' ')}` } };
}

/** A commit that was never recorded has no deployment time: every recorded release counts as earlier. */
function isEarlier(release: Release, running: Running): boolean {
  return running.release === null || Date.parse(release.deployedAt) < Date.parse(running.release.deployedAt);
}

/** What to do about a version that nobody recorded. */
export function whatToAskFor(application: string): string {
  const releases = `/applications/${application}/releases`;
  return `Ask for one that GET ${releases} lists, or record it first with POST ${releases}.`;
}

function requested(choice: TargetChoice, version: string): Choice {
  const recorded = newestFirst(choice.releases);
  const target = recorded.find((release) => release.version === version);
  if (target === undefined) {
    const known = recorded.length === 0 ? 'none is' : `recorded: ${list(recorded.map((release) => release.version))}`;
    const message = `Version ${version} is not recorded as a release (${known}). ${whatToAskFor(choice.application)}`;
    return { refusal: { code: 'target-unknown', message } };
  }
  const refusal = problemOf(target, choice);
  if (refusal !== null) return { refusal };
  if (target.commit === choice.running.commit && !choice.running.mixed && choice.acceptCurrent !== true) {
    return {
      refusal: { code: 'target-is-current', message: `${describeRelease(target)} is what runs now: nothing to roll back.` },
    };
  }
  return { target };
}

function problemOf(release: Release, { releases, verifyAfter, acceptUnverified, now }: TargetChoice): Refusal | null {
  const name = describeRelease(release);
  const bad = markedBad(release, releases);
  if (bad !== undefined) {
    const twin = bad.version === release.version ? '' : `, as ${bad.version} with the same commit`;
    return { code: 'target-bad', message: `${name} is marked bad${twin} (${whyBad(bad)}).` };
  }
  if (acceptUnverified === true || isVerified(release, releases, verifyAfter, now)) return null;
  const message = `${name} is not verified: ${whyUnverified(release, releases, verifyAfter, now)}; if you know it is good, mark it verified first (PATCH /applications/${release.application}/releases/${release.version}).`;
  return { code: 'target-unverified', message };
}

/** The reason that was given; without one, whom to ask. */
function whyBad({ statusReason, statusBy, statusAt, recordedBy }: Release): string {
  if (statusReason !== undefined) return statusReason;
  return `by ${statusBy ?? recordedBy}${statusAt === undefined ? '' : ` at ${statusAt}`}, without a reason`;
}

/** The same commit recorded under another version and marked bad there is just as bad. */
function markedBad(release: Release, releases: readonly Release[]): Release | undefined {
  return [release, ...releases].find(({ status, commit }) => status === 'bad' && commit === release.commit);
}

function whyUnverified(release: Release, releases: readonly Release[], verifyAfter: string, now: Date): string {
  if (release.alarmedAt !== undefined)
    return `an alarm fired at ${release.alarmedAt} while it ran, or a rollback took it away then`;
  return `it ran ${describeDuration(ranFor(release, releases, now))} of the ${verifyAfter} that count as proof`;
}
