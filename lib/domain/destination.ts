import type { Component, FrontendTarget, Manifest, Refusal, Release, ReleaseReference, Rollback } from '../contracts.ts';
import { frontendTarget, referenceAt } from './frontend/target.ts';
import type { Running } from './releases.ts';
import { needsHosts } from './strategy.ts';
import { chooseTarget } from './target.ts';

export type DestinationFacts = {
  rollback: Pick<Rollback, 'trigger' | 'targetVersion' | 'targetTime' | 'frontend'>;
  manifest: Manifest;
  components: readonly Component[];
  releases: readonly Release[];
  running: Running;
  now: Date;
};

export type Destination =
  | { to: ReleaseReference; frontend?: FrontendTarget | undefined; refusal?: undefined }
  | { refusal: Refusal; to?: undefined };

/** Where a rollback goes, for every component that it touches: a release, or for a bucket also a moment. */
export function destinationOf(facts: DestinationFacts): Destination {
  const { rollback, releases } = facts;
  if (rollback.targetTime === undefined) return toRelease(facts);
  if (Date.parse(rollback.targetTime) > facts.now.getTime()) {
    const message = `${rollback.targetTime} lies in the future: ask for a time that has passed.`;
    return { refusal: { code: 'target-unknown', message } };
  }
  return { to: referenceAt(releases, rollback.targetTime), frontend: { kind: 'time', at: rollback.targetTime } };
}

function toRelease({ rollback, manifest, components, releases, running, now }: DestinationFacts): Destination {
  const { target, refusal } = chooseTarget({
    releases,
    running,
    requestedVersion: rollback.targetVersion,
    verifyAfter: manifest.verifyAfter,
    acceptUnverified: rollback.trigger.type === 'undo',
    acceptCurrent: !needsHosts(components),
    now,
  });
  if (refusal) return { refusal };
  const to = { version: target.version, commit: target.commit };
  if (!components.includes('frontend') || manifest.frontend === undefined) return { to };
  const site = frontendTarget({ frontend: manifest.frontend, releases, target, wish: rollback.frontend });
  return site.refusal ? { refusal: site.refusal } : { to, frontend: site.target };
}
