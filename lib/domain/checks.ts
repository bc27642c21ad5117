import type { FlowObservation, HostObservation, Observation } from '../contracts.ts';
import { shortCommit } from './naming.ts';

/** One thing looked at before and after a change; null: nobody could tell. */
export type Check = {
  name: string;
  before: boolean | null;
  after: boolean | null;
  /** Both values as seen, such as `500 -> 200`. */
  values: string;
  /** Bad is worse than before, whatever was before. */
  mandatory: boolean;
};

type Truth = NonNullable<HostObservation['truth']>;
type Reading = { good: boolean; value: string } | null;

/** The checks of one host: its commit, services, health and errors in the logs, as far as they were asked for. */
export function hostChecks(
  id: string,
  before: Truth | null,
  after: Truth | null,
  expectedCommit: string,
  maxErrors: number,
): Check[] {
  const services = new Set([...(before?.services ?? []), ...(after?.services ?? [])].map(({ name }) => name));
  return [
    commitCheck(id, before, after, expectedCommit),
    ...[...services].map((name) => check(`${id} ${name}`, service(before, name), service(after, name))),
    check(`${id} health`, health(before), health(after)),
    errorsCheck(id, before, after, maxErrors),
  ].filter((each) => each !== null);
}

/** One check per critical user flow. */
export function flowChecks(before: readonly FlowObservation[], after: readonly FlowObservation[]): Check[] {
  const urls = new Set([...before, ...after].map(({ url }) => url));
  return [...urls].map((url) => check(`flow ${url}`, flow(before, url), flow(after, url))).filter((each) => each !== null);
}

/** The checks of everything an observation holds, against itself: what is bad right now. */
export function badNow({ hosts, flows }: Observation, maxErrors: number): Check[] {
  const ofHosts = hosts.flatMap(({ id, truth }) => (truth === null ? [] : hostChecks(id, truth, truth, truth.commit, maxErrors)));
  return [...ofHosts, ...flowChecks(flows, flows)].filter(({ after }) => after === false);
}

function check(name: string, before: Reading, after: Reading): Check | null {
  if (before === null && after === null) return null;
  const values = `${before?.value ?? 'unknown'} -> ${after?.value ?? 'unknown'}`;
  return { name, before: before?.good ?? null, after: after?.good ?? null, values, mandatory: false };
}

/** Nothing but the expected commit is right after a change; before it any commit was. */
function commitCheck(id: string, before: Truth | null, after: Truth | null, expected: string): Check {
  const seen = `${before === null ? 'unknown' : shortCommit(before.commit)} -> ${after === null ? 'unknown' : shortCommit(after.commit)}`;
  const values = after?.commit === expected ? seen : `${seen}, expected ${shortCommit(expected)}`;
  return {
    name: `${id} commit`,
    before: null,
    after: after === null ? null : after.commit === expected,
    values,
    mandatory: true,
  };
}

/** Two counts of different times, in words, as an arrow would read like one count that fell. */
function errorsCheck(id: string, before: Truth | null, after: Truth | null, maxErrors: number): Check | null {
  const counted = check(`${id} errors in the logs`, errors(before, maxErrors), errors(after, maxErrors));
  const found = (truth: Truth | null) => truth?.errorsInLogs ?? 'unknown';
  const values = `${found(before)} before, ${found(after)} since the change, at most ${maxErrors} allowed`;
  return counted && { ...counted, values };
}

function service(truth: Truth | null, name: string): Reading {
  const state = truth?.services.find((each) => each.name === name)?.state;
  return state === undefined ? null : { good: state === 'active', value: state };
}

function health(truth: Truth | null): Reading {
  const seen = truth?.health;
  return seen == null ? null : { good: seen.status === 200, value: describeStatus(seen.status, seen.version) };
}

function describeStatus(status: number, version: string | null): string {
  return `${status === 0 ? 'no answer' : status}${version === null ? '' : ` (version ${version})`}`;
}

function errors(truth: Truth | null, maxErrors: number): Reading {
  const found = truth?.errorsInLogs;
  return found == null ? null : { good: found <= maxErrors, value: String(found) };
}

function flow(flows: readonly FlowObservation[], url: string): Reading {
  const seen = flows.find((each) => each.url === url);
  if (seen === undefined) return null;
  return { good: seen.good, value: seen.good ? `good (${seen.status})` : `bad (${seen.problem ?? seen.status ?? 'no answer'})` };
}
