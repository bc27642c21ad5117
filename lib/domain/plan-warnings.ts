import type { HostObservation } from '../contracts.ts';
import { badNow } from './checks.ts';
import { siteWarnings } from './frontend/plan.ts';
import { isReachable } from './host-guards.ts';
import { count, describeRelease, list, shortCommit } from './naming.ts';
import type { Draft } from './plan.ts';

/** Room for a checkout, an environment and the way back; less is no refusal, since nobody knows what an install takes. */
const LOW_SPACE_MEGABYTES = 1024;

/** What a person should know before saying yes, one sentence each. */
export function planWarnings(draft: Draft): string[] {
  const reachable = draft.baseline.hosts.filter(isReachable);
  return [
    ...unreachable(draft),
    ...differentCommits(reachable),
    ...alreadyThere(draft, reachable),
    ...unrecorded(draft),
    ...reachable.flatMap(dirtyFiles),
    ...reachable.flatMap(lowSpace),
    ...otherVersions(draft),
    ...silentAlarms(draft),
    ...nothingWrong(draft),
    ...nothingToProve(draft),
    ...siteWarnings(draft),
    ...mayStay(draft),
  ];
}

function unreachable({ baseline }: Draft): string[] {
  const lost = baseline.hosts.filter((host) => !isReachable(host)).map(({ id }) => id);
  if (lost.length === 0) return [];
  return [
    `${list(lost)} cannot be reached and is left out, as hosts.offlineTolerance allows: it still runs the old release when it comes back.`,
  ];
}

/** Alone, a configuration with nothing to go back to is a failure; together with others it stays. */
function mayStay({ components, configuration, manifest, to }: Draft): string[] {
  if (components.length < 2 || configuration?.kind !== 'previous' || manifest.configuration === undefined) return [];
  const { file } = manifest.configuration;
  return [
    `No backup of the configuration is recorded for ${describeRelease(to)}: each host goes back to its ${file}.previous, and one where that is missing or the same keeps ${file} as it is.`,
  ];
}

function differentCommits(hosts: readonly HostObservation[]): string[] {
  const runs = Map.groupBy(hosts, ({ truth }) => truth?.commit ?? '');
  if (runs.size < 2) return [];
  const who = [...runs].map(([commit, group]) => `${shortCommit(commit)} on ${list(group.map(({ id }) => id))}`);
  return [`Hosts run different commits: ${who.join('; ')}. An undo brings each back to its own.`];
}

function alreadyThere({ to, components }: Draft, hosts: readonly HostObservation[]): string[] {
  const there = hosts.filter(({ truth }) => truth?.commit === to.commit).map(({ id }) => id);
  if (there.length === 0 || !components.includes('code')) return [];
  return [`${list(there)} already at ${describeRelease(to)}: services are restarted there all the same.`];
}

function unrecorded({ from }: Draft): string[] {
  return from.version === null ? [`What runs, ${shortCommit(from.commit)}, was never recorded as a release.`] : [];
}

function dirtyFiles({ id, truth }: HostObservation): string[] {
  const files = truth?.dirtyFiles ?? 0;
  if (files === 0) return [];
  return [
    `${count(files, 'file')} on ${id} changed by hand, in no commit: they are saved before the checkout, and an undo brings them back.`,
  ];
}

function lowSpace({ id, truth }: HostObservation): string[] {
  if (truth === null || truth.freeMegabytes >= LOW_SPACE_MEGABYTES) return [];
  return [`Only ${truth.freeMegabytes} MB free on ${id}: preparing may fail, in which case nothing is changed.`];
}

/** Where health reports other names than the record, the reported version proves nothing about the target either. */
export function otherVersions({ baseline, from }: Pick<Draft, 'baseline' | 'from'>): string[] {
  if (from.version === null) return [];
  const others = baseline.hosts.flatMap(({ id, truth }) => {
    const reported = truth?.commit === from.commit ? (truth.health?.version ?? null) : null;
    return reported === null || reported === from.version ? [] : [`${id}: ${reported}`];
  });
  if (others.length === 0) return [];
  return [
    `The health URL reports another version than the recorded ${from.version} (${list(others)}), so it is not asked for the target's version.`,
  ];
}

function silentAlarms({ baseline }: Draft): string[] {
  const silent = baseline.alarms.filter(({ state }) => state === 'MISSING' || state === 'INSUFFICIENT_DATA');
  return silent.map(
    ({ name, state }) => `Alarm ${name} ${state === 'MISSING' ? 'does not exist' : 'has too little data'}: it can prove nothing.`,
  );
}

/** A rollback of something healthy has caused outages before. */
function nothingWrong({ baseline, manifest }: Draft): string[] {
  const maxErrors = manifest.health.logs?.maxErrors ?? 0;
  const fires = baseline.alarms.some(({ state }) => state === 'ALARM');
  return fires || badNow(baseline, maxErrors).length > 0
    ? []
    : ['Nothing looks wrong now: no alarm fires, and every check is good.'];
}

function nothingToProve({ manifest, waves }: Draft): string[] {
  const { host, flows } = manifest.health;
  if (host !== undefined || flows.length > 0 || waves.length === 0) return [];
  return ['The manifest names neither a health URL nor a flow: only commits and services will be checked.'];
}
