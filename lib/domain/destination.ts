import type {
  Component,
  ConfigurationSource,
  FrontendTarget,
  Manifest,
  Refusal,
  Release,
  ReleaseReference,
  Rollback,
} from '../contracts.ts';
import { restoreTimeBefore } from './database/restore-time.ts';
import { type FrontendChosen, frontendTarget, referenceAt } from './frontend/target.ts';
import { describeRelease } from './naming.ts';
import { newestFirst, type Running } from './releases.ts';
import { needsHosts } from './strategy.ts';
import { chooseTarget, whatToAskFor } from './target.ts';

export type DestinationFacts = {
  rollback: Pick<Rollback, 'application' | 'trigger' | 'targetVersion' | 'targetTime' | 'frontend'>;
  manifest: Manifest;
  components: readonly Component[];
  releases: readonly Release[];
  running: Running;
  now: Date;
};

/** Where every component goes; a member is absent where the rollback does not touch what it is about. */
export type Places = {
  to: ReleaseReference;
  frontend?: FrontendTarget | undefined;
  configuration?: ConfigurationSource | undefined;
  /** ISO time of a whole second. */
  restoreTime?: string | undefined;
};

export type Destination = (Places & { refusal?: undefined }) | { refusal: Refusal; to?: undefined };

/** Where a rollback goes, for every component that it touches: a release, or a moment where the component knows moments. */
export function destinationOf(facts: DestinationFacts): Destination {
  const { rollback, components, now } = facts;
  if (rollback.targetTime !== undefined && Date.parse(rollback.targetTime) > now.getTime()) {
    const message = `${rollback.targetTime} lies in the future: ask for a time that has passed.`;
    return { refusal: { code: 'target-unknown', message } };
  }
  const [component, another] = components;
  if (another !== undefined || component === 'code') return toRelease(facts);
  if (component === 'database') return databaseAlone(facts);
  return component === 'configuration' ? configurationAlone(facts) : frontendAlone(facts);
}

function frontendAlone(facts: DestinationFacts): Destination {
  const { targetTime } = facts.rollback;
  if (targetTime === undefined) return toRelease(facts);
  return { to: referenceAt(facts.releases, targetTime), frontend: { kind: 'time', at: targetTime } };
}

/** All components of a release together; a time means the release that ran then, with what can be brought back to that time. */
function toRelease(facts: DestinationFacts): Destination {
  const { rollback, manifest, components, releases, running, now } = facts;
  const { targetTime } = rollback;
  const ran = targetTime === undefined ? undefined : referenceAt(releases, targetTime);
  if (ran?.version === null) {
    const message = `No release is recorded that ran at ${targetTime}: ask for a version, or record what ran then as a release.`;
    return { refusal: { code: 'nothing-recorded', message } };
  }
  const { target, refusal } = chooseTarget({
    application: rollback.application,
    releases,
    running,
    requestedVersion: ran?.version ?? rollback.targetVersion,
    verifyAfter: manifest.verifyAfter,
    acceptUnverified: rollback.trigger.type === 'undo',
    acceptCurrent: !needsHosts(components) || components.includes('database'),
    now,
  });
  if (refusal) return { refusal };
  const site = siteOf(facts, target);
  if (site?.refusal) return { refusal: site.refusal };
  const until = targetTime ?? endOfRun(target, releases);
  if (components.includes('database') && until === undefined) return { refusal: endUnknown(target) };
  return {
    to: { version: target.version, commit: target.commit },
    ...(site && { frontend: site.target }),
    ...(components.includes('configuration') && { configuration: configurationOf(target, rollback) }),
    ...(components.includes('database') && until !== undefined && { restoreTime: momentOf(until, targetTime) }),
  };
}

function siteOf({ rollback, manifest, components, releases }: DestinationFacts, target: Release): FrontendChosen | undefined {
  if (!components.includes('frontend') || manifest.frontend === undefined) return undefined;
  const { targetTime, frontend: wish } = rollback;
  if (targetTime !== undefined) return { target: { kind: 'time', at: targetTime } };
  return frontendTarget({ frontend: manifest.frontend, releases, target, wish });
}

/** When the next release came; absent: none did. */
function endOfRun(release: Release, releases: readonly Release[]): string | undefined {
  const start = Date.parse(release.deployedAt);
  return newestFirst(releases).findLast(({ deployedAt }) => Date.parse(deployedAt) > start)?.deployedAt;
}

/** A moment that was asked for is taken as it is; one that is a deployment's lies just before it. */
function momentOf(time: string, asked: string | undefined): string {
  return asked === undefined ? restoreTimeBefore(time) : wholeSecond(asked);
}

function wholeSecond(time: string): string {
  return new Date(Math.floor(Date.parse(time) / 1000) * 1000).toISOString();
}

function endUnknown(target: Release): Refusal {
  const message = `No release after ${describeRelease(target)} is recorded, so no moment is known that the database should go back to. Ask for a time (target.time).`;
  return { code: 'target-not-restorable', message };
}

/** A release has the backup that was made before the next one; else the host's own copy has to do, as in the runbook. */
function configurationOf({ backup }: Release, { trigger }: DestinationFacts['rollback']): ConfigurationSource {
  if (trigger.type === 'undo') return { kind: 'backup', id: trigger.of };
  return backup === undefined ? { kind: 'previous' } : { kind: 'backup', id: backup.id };
}

/** The code stays: what the log calls the target is what runs, with the moment that its data goes back to. */
function databaseAlone({ rollback, releases, running }: DestinationFacts): Destination {
  const { targetTime, targetVersion } = rollback;
  const release = targetVersion === undefined ? running.release : find(releases, targetVersion);
  if (release === undefined) return { refusal: unknown(targetVersion ?? '', rollback.application) };
  const deployedAt = targetTime ?? release?.deployedAt;
  if (deployedAt === undefined) {
    const message = 'What runs was never recorded as a release, so nobody knows since when. Ask for a time (target.time).';
    return { refusal: { code: 'nothing-recorded', message } };
  }
  const restoreTime = momentOf(deployedAt, targetTime);
  return { to: { ...runs(running), at: restoreTime }, restoreTime };
}

/** Without a wish, the runbook's: the copy that the last deployment left beside the file. */
function configurationAlone({ rollback, releases, running }: DestinationFacts): Destination {
  const { targetTime, targetVersion, trigger } = rollback;
  // Every rollback backs the configuration up under its own id first.
  if (trigger.type === 'undo') return { to: runs(running), configuration: { kind: 'backup', id: trigger.of } };
  if (targetTime !== undefined)
    return { to: { ...runs(running), at: targetTime }, configuration: { kind: 'time', at: targetTime } };
  if (targetVersion === undefined) return { to: runs(running), configuration: { kind: 'previous' } };
  const release = find(releases, targetVersion);
  if (release === undefined) return { refusal: unknown(targetVersion, rollback.application) };
  if (release.backup === undefined) {
    const message = `No configuration backup is recorded with ${describeRelease(release)}: ask for a time (target.time), or leave the target out for the .previous file. POST /applications/${release.application}/backups before each deployment makes one.`;
    return { refusal: { code: 'target-not-restorable', message } };
  }
  return { to: runs(running), configuration: { kind: 'backup', id: release.backup.id } };
}

function find(releases: readonly Release[], version: string): Release | undefined {
  return releases.find((release) => release.version === version);
}

function unknown(version: string, application: string): Refusal {
  return { code: 'target-unknown', message: `Version ${version} is not recorded as a release. ${whatToAskFor(application)}` };
}

function runs({ release, commit }: Running): ReleaseReference {
  return { version: release?.version ?? null, commit: commit ?? '' };
}
