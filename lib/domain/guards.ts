import type { Refusal } from '../contracts.ts';
import type { CheapFacts, Facts, Guard, HostFacts } from './guard-facts.ts';
import { agentsTooOld, hostsUnreachable, noHosts, runningTooOld, targetIsCurrent } from './host-guards.ts';
import { cooldown, dailyLimit, frozen, inProgress } from './limit-guards.ts';
import { contractingMigration } from './migrations.ts';
import { needsHosts } from './strategy.ts';
import { alarmNotFiring, alarmSuppressed, deploymentTooOld, staleEvent } from './trigger-guards.ts';

export type { CheapFacts, Facts, HostFacts } from './guard-facts.ts';

/** In order of cheapness; alarm guards and limits hold for alarms only, see each. */
const CHEAP: readonly Guard<CheapFacts>[] = [
  frozen,
  staleEvent,
  alarmNotFiring,
  alarmSuppressed,
  deploymentTooOld,
  cooldown,
  dailyLimit,
  inProgress,
];

/** Agents before answers: one that is too old gives none, and should be named for what it is. */
const HOSTS: readonly Guard<HostFacts>[] = [
  noHosts,
  agentsTooOld,
  hostsUnreachable,
  targetIsCurrent,
  runningTooOld,
  contractingMigration,
];

/** What holds also where no host is touched. */
const WITHOUT_HOSTS: readonly Guard<HostFacts>[] = [runningTooOld];

/** The first reason not to roll back that needs no host's answer; null: none. Ask this before asking hosts. */
export function cheapGuards(facts: CheapFacts): Refusal | null {
  return firstRefusal(CHEAP, facts);
}

/** The first reason not to roll back that the hosts' answers give; null: none. */
export function hostGuards(facts: HostFacts): Refusal | null {
  return firstRefusal(needsHosts(facts.components) ? HOSTS : WITHOUT_HOSTS, facts);
}

/** Both, cheap ones first. */
export function guard(facts: Facts): Refusal | null {
  return cheapGuards(facts) ?? hostGuards(facts);
}

/** What would have refused an alarm but only warns a person, who may insist: sentences for the plan. */
export function insistenceWarnings(facts: CheapFacts): string[] {
  if (facts.rollback.trigger.type !== 'http') return [];
  const asAlarm = [cooldown, dailyLimit].map((limit) => limit(facts, true));
  return asAlarm.filter((refusal) => refusal !== null).map(({ message }) => `A person asked, so this did not refuse: ${message}`);
}

function firstRefusal<F>(guards: readonly Guard<F>[], facts: F): Refusal | null {
  for (const refuses of guards) {
    const refusal = refuses(facts);
    if (refusal !== null) return refusal;
  }
  return null;
}
