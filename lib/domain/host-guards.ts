import type { HostObservation, Refusal } from '../contracts.ts';
import type { HostFacts } from './guard-facts.ts';
import { count, describeRelease, list } from './naming.ts';
import { ofAlarm, tooOld } from './trigger-guards.ts';

/** The first agent that hands parameters to a script as environment variables; older ones would paste them into it. */
const OLDEST_AGENT = '3.3.2746.0';

/** A host that can be worked on: online, and it answered when asked what it runs. */
export function isReachable(host: HostObservation): boolean {
  return host.online && host.truth !== null;
}

export function noHosts({ hosts }: HostFacts): Refusal | null {
  if (hosts.length > 0) return null;
  return { code: 'no-hosts', message: "No host carries the tags of the manifest: check hosts.tags and the hosts' own tags." };
}

/** However large the tolerance, one host has to answer; and all of them where a database is replaced, as each may write to it. */
export function hostsUnreachable({ hosts, offlineTolerance, components }: HostFacts): Refusal | null {
  const lost = hosts.filter((host) => !isReachable(host));
  if (lost.length > 0 && components.includes('database')) {
    const message = `${count(lost.length, 'host')} of ${hosts.length} cannot be reached (${list(lost.map(why))}). It cannot be stopped and would go on to write to the database that is replaced, so hosts.offlineTolerance does not count here. Bring it back, or end it and take it out of the tags.`;
    return { code: 'hosts-offline', message };
  }
  if (lost.length <= offlineTolerance && lost.length < hosts.length) return null;
  const message = `${count(lost.length, 'host')} of ${hosts.length} cannot be reached (${list(lost.map(why))}); the manifest tolerates ${offlineTolerance}. Bring them back, take them out of the tags, or raise hosts.offlineTolerance.`;
  return { code: 'hosts-offline', message };
}

function why({ id, online }: HostObservation): string {
  return `${id}: ${online ? 'gave no answer' : 'offline'}`;
}

export function agentsTooOld({ hosts }: HostFacts): Refusal | null {
  const old = hosts.filter((host) => host.online && compareVersions(host.agentVersion, OLDEST_AGENT) < 0);
  if (old.length === 0) return null;
  const names = list(old.map(({ id, agentVersion }) => `${id}: ${agentVersion}`));
  return {
    code: 'agent-too-old',
    message: `The SSM agent has to be ${OLDEST_AGENT} or newer (${names}): update it with AWS-UpdateSSMAgent.`,
  };
}

/** One host that runs something else is enough to go on: a rollback leaves all hosts the same. */
export function targetIsCurrent({ hosts, target, components }: HostFacts): Refusal | null {
  const answers = hosts.filter(isReachable);
  const current = answers.length > 0 && answers.every(({ truth }) => truth?.commit === target.commit);
  if (!current || components.some((component) => component !== 'code')) return null;
  return { code: 'target-is-current', message: `Every host already runs ${describeRelease(target)}: nothing to roll back.` };
}

/** Never rolls back a rollback: what an alarm may take back is a recent deployment, and it has to be what runs. */
export function runningTooOld({ rollback, running, now }: HostFacts): Refusal | null {
  const { release } = running;
  return release === null ? null : ofAlarm(rollback.trigger, (trigger) => tooOld(trigger, release.deployedAt, now));
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const [index, wanted] of (right ?? []).entries()) {
    const has = left?.[index] ?? 0;
    // What is no number is no version that can be trusted: older.
    if (has !== wanted) return has > wanted ? 1 : -1;
  }
  return 0;
}
