import type { HostState, Observation } from '../contracts.ts';
import { type Check, flowChecks, hostChecks } from './checks.ts';
import { describeRelease } from './naming.ts';

export type Verdict = 'better' | 'same' | 'worse' | 'unknown';

export type VerdictInput = {
  baseline: Observation;
  after: Observation;
  /** The commit each changed host has to run now, by host id; hosts that are not named were not changed. */
  expectedCommit: Readonly<Record<string, string>>;
  /** Error lines in the logs that are still good. */
  maxErrors: number;
};

export type Judgement = {
  verdict: Verdict;
  /** No check fails or is unanswered now. A healthy host may still be the same as before, and a better one not healthy. */
  healthy: boolean;
  /** Every check with its value before and after. */
  reasons: string[];
  hosts: HostState[];
};

/**
 * Compares what was seen before and after a change. A changed host that gives no answer makes it `unknown`; a good thing
 * turned bad or a wrong commit makes it `worse`; `better` needs a bad thing turned good and nothing bad left.
 */
export function verdict(input: VerdictInput): Judgement {
  const { baseline, after, expectedCommit, maxErrors } = input;
  const changed = Object.entries(expectedCommit).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const checks = [
    ...changed.flatMap(([id, commit]) => hostChecks(id, truthOf(baseline, id), truthOf(after, id), commit, maxErrors)),
    ...flowChecks(baseline.flows, after.flows),
  ];
  return {
    verdict: judge(checks),
    healthy: checks.every((check) => check.after === true),
    reasons: checks.map(describe),
    hosts: changed.map(([id]) => hostState(id, after)),
  };
}

function judge(checks: readonly Check[]): Verdict {
  if (checks.some(({ after, before, mandatory }) => after === null && (mandatory || before !== null))) return 'unknown';
  const bad = checks.filter(({ after }) => after === false);
  if (bad.some(({ before, mandatory }) => mandatory || before === true)) return 'worse';
  const mended = checks.some(({ before, after }) => before === false && after === true);
  return mended && bad.length === 0 ? 'better' : 'same';
}

function describe({ name, before, after, values }: Check): string {
  const now = after === null ? 'no answer' : after ? 'good' : 'bad';
  const turned = before !== null && after !== null && before !== after ? `, was ${before ? 'good' : 'bad'}` : '';
  return `${name}: ${values} (${now}${turned})`;
}

function truthOf({ hosts }: Observation, id: string): Observation['hosts'][number]['truth'] {
  return hosts.find((host) => host.id === id)?.truth ?? null;
}

/** What a host runs as it says itself. */
export function hostState(id: string, observation: Observation): HostState {
  const truth = truthOf(observation, id);
  if (truth === null) return { id, commit: null, version: null, note: 'gave no answer' };
  const version = truth.health?.version ?? null;
  const services = truth.services.map(({ name, state }) => `${name} ${state}`);
  const health = truth.health === null ? [] : [`health ${truth.health.status}`];
  const runs = `runs ${describeRelease({ version, commit: truth.commit })}`;
  return { id, commit: truth.commit, version, note: [runs, ...services, ...health].join(', ') };
}
