import type { End, HostState, Outcome, ReleaseReference } from '../contracts.ts';
import { isLeftOut } from './left-out.ts';
import { describeRelease, list } from './naming.ts';

export type Closing = { outcome: Outcome; message: string };

export type Ended = {
  end: End;
  /** What each host was last seen to run; empty: none was asked. */
  hosts: readonly HostState[];
  from?: ReleaseReference | undefined;
  to?: ReleaseReference | undefined;
  /** What the bucket holds and how instances are called, a sentence each; empty: neither was touched. */
  stands?: readonly string[] | undefined;
  /** Why it ended so: a refusal's message, an error's. */
  reason?: string | undefined;
};

const MEANING: Record<End, Closing> = {
  refused: { outcome: 'refused', message: 'Refused: nothing is changed.' },
  rejected: { outcome: 'rejected', message: 'Rejected: nothing is changed.' },
  expired: { outcome: 'expired', message: 'Nobody approved in time: nothing is changed.' },
  cancelled: { outcome: 'cancelled', message: 'Cancelled before anything was changed.' },
  'failed-before-change': { outcome: 'failed', message: 'Failed before anything was changed.' },
  succeeded: { outcome: 'succeeded', message: 'Rolled back, and it held.' },
  unresolved: { outcome: 'unresolved', message: 'Rolled back, but nothing proves that it helped: somebody has to look.' },
  undone: { outcome: 'undone', message: 'The rollback made it worse or could not be finished; it is undone.' },
  'undo-failed': { outcome: 'failed', message: 'The rollback could not be undone on every host: somebody has to put it right.' },
};

/** What the end of the machine means to people: the outcome, why, and what the hosts run. */
export function closingOutcome({ end, hosts, from, to, stands = [], reason }: Ended): Closing {
  const { outcome, message } = MEANING[end];
  const why = reason === undefined || reason === '' ? [] : [sentence(reason)];
  const runs = hosts.length === 0 ? [] : [whatRuns(hosts, from, to)];
  return { outcome, message: [message, ...why, ...runs, ...stands].join(' ') };
}

export type Stopped = Pick<Ended, 'hosts' | 'from' | 'to' | 'stands'> & {
  planned: boolean;
  /** Hosts that a change was, or may have been, begun on. */
  touched: readonly string[];
  /** What could not be found out, such as `what hosts run`. */
  unknown?: readonly string[];
};

/**
 * What it means that an execution died: always `failed`, since nobody verified anything, with what each host runs.
 */
export function stoppedOutcome(stopped: Stopped): Closing {
  return { outcome: 'failed', message: ['The rollback stopped before its end.', ...whatIsLeft(stopped)].join(' ') };
}

function whatIsLeft({ hosts, from, to, stands = [], planned, touched, unknown = [] }: Stopped): string[] {
  if (unknown.length > 0) {
    const runs = hosts.length === 0 ? [] : [whatRuns(hosts, from, to)];
    return [...runs, ...stands, `It could not be found out ${list(unknown)}: somebody has to look, and put right what is not.`];
  }
  const runs = hosts.length === 0 ? [] : [standing(hosts, touched, from, to), whatRuns(hosts, from, to)];
  if (runs.length + stands.length > 0) return [...runs, ...stands];
  return [planned ? 'Nothing is changed.' : 'Nothing is changed: there was no plan yet.'];
}

function standing(
  hosts: readonly HostState[],
  touched: readonly string[],
  from?: ReleaseReference,
  to?: ReleaseReference,
): string {
  // The same code before and after says nothing of services, configuration and data.
  if (from?.commit === to?.commit && touched.length > 0)
    return `Services, configuration or data were changed on ${list(touched)}, and nobody verified it: somebody has to put it right.`;
  if (allRun(hosts, from?.commit)) return 'Nothing is changed.';
  if (allRun(hosts, to?.commit)) return 'The change was made on all hosts, but nobody verified it.';
  return 'Not all hosts run the same: somebody has to put it right.';
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** All hosts in one sentence if they run the same, else which host runs what. */
function whatRuns(hosts: readonly HostState[], from?: ReleaseReference, to?: ReleaseReference): string {
  const out = hosts.filter(isLeftOut);
  const groups = [
    ...Map.groupBy(
      hosts.filter((host) => !isLeftOut(host)),
      (host) => nameOf(host, [from, to]),
    ),
  ];
  const [first, second] = groups;
  if (first?.[0] != null && second === undefined && out.length === 0 && hosts.length > 1)
    return `All ${hosts.length} hosts run ${first[0]}.`;
  const ran = groups.map(([runs, group]) => describeGroup(runs, group));
  return `${[...ran, ...out.map(({ id, note }) => `${id} ${note}`)].join('; ')}.`;
}

function describeGroup(runs: string | null, group: readonly HostState[]): string {
  const ids = group.map(({ id }) => id).join(', ');
  if (runs === null) return `${ids} gave no answer`;
  return `${ids} ${group.length === 1 ? 'runs' : 'run'} ${runs}`;
}

/** null: the host did not say. */
function nameOf({ commit, version }: HostState, known: readonly (ReleaseReference | undefined)[]): string | null {
  if (commit === null) return null;
  return describeRelease(known.find((release) => release?.commit === commit) ?? { version, commit });
}

function allRun(all: readonly HostState[], commit: string | undefined): boolean {
  const hosts = all.filter((host) => !isLeftOut(host));
  return hosts.length > 0 && hosts.every((host) => host.commit !== null && host.commit === commit);
}

const AFTERWARDS = ['Schedule a post-mortem meeting.', 'Update deployment procedures if needed.'];

const FOLLOW_UPS: Record<Outcome, readonly string[]> = {
  succeeded: ['Find and fix the cause: the release that runs is the same as before.', ...AFTERWARDS],
  unresolved: ['Find out now why the rollback did not help: health, logs, critical user flows.', ...AFTERWARDS],
  undone: ['The issue that led here is still there: find another way to mend it now.', ...AFTERWARDS],
  failed: ['Compare what each host runs with the log now, and bring all of them to one release.', ...AFTERWARDS],
  refused: ['If the issue is still there, remove what the refusal names, or mend it by hand after the runbook.'],
  rejected: ['If the issue is still there, agree on another way to mend it.'],
  expired: ['If the issue is still there, ask again and have somebody approve it in time.'],
  cancelled: ['If the issue is still there, decide how to mend it.'],
};

/** After a success that took one release away for another. */
const RELEASE_ROLLED_BACK = ['Find and fix the cause in the release that was rolled back, and mark it bad.', ...AFTERWARDS];

/** After a failure before any change. */
const NOTHING_CHANGED = [
  'If the issue is still there, mend what the resolution names and ask again, or mend the issue by hand after the runbook.',
];

/** Outcomes after which a host that was left out runs something else than the others. */
const CHANGED: readonly Outcome[] = ['succeeded', 'unresolved'];

export type FollowedUp = {
  outcome: Outcome;
  hosts?: readonly HostState[] | undefined;
  /** false: nothing was changed, though the outcome does not say so. */
  changed?: boolean | undefined;
  from?: ReleaseReference | undefined;
  to?: ReleaseReference | undefined;
};

/** What people have to do after this end: what is left of the runbook's post-rollback checklist. */
export function followUps(ended: FollowedUp): string[] {
  const { outcome, hosts = [] } = ended;
  const out = CHANGED.includes(outcome) ? hosts.filter(isLeftOut).map(({ id }) => id) : [];
  const bring = out.length === 0 ? [] : [`Bring ${list(out)} to what the other hosts run before it serves again.`];
  return [...bring, ...toDoAfter(ended)];
}

function toDoAfter(ended: FollowedUp): readonly string[] {
  if (ended.outcome === 'failed' && ended.changed === false) return NOTHING_CHANGED;
  return tookReleaseAway(ended) ? RELEASE_ROLLED_BACK : FOLLOW_UPS[ended.outcome];
}

/** Whether another release runs now: a configuration or a database alone goes back under the same one. */
export function tookReleaseAway({ outcome, from, to }: Pick<FollowedUp, 'outcome' | 'from' | 'to'>): boolean {
  return outcome === 'succeeded' && (from?.version !== to?.version || from?.commit !== to?.commit);
}
