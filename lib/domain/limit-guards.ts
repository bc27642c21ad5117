import { type Freeze, type Refusal, type Rollback, WHOLE_SERVICE } from '../contracts.ts';
import { describeDuration, milliseconds } from './duration.ts';
import type { CheapFacts } from './guard-facts.ts';
import { count } from './naming.ts';
import { STALE_EVENT_MS } from './trigger-guards.ts';

const DAY_MS = 86_400_000;

/** Outcomes after which hosts may run, or have run, something else than before. */
const CHANGING: readonly Rollback['status'][] = ['succeeded', 'unresolved', 'undone', 'failed'];

/** Refuses everything, people and undo included: a freeze is the kill switch. */
export function frozen({ freezes, now }: CheapFacts): Refusal | null {
  const freeze = freezes.find(({ until }) => until === undefined || Date.parse(until) > now.getTime());
  return freeze === undefined ? null : { code: 'frozen', message: describeFreeze(freeze) };
}

function describeFreeze({ application, by, since, until, reason }: Freeze): string {
  const end = until === undefined ? 'until somebody lifts it' : `until ${until}`;
  const what = application === WHOLE_SERVICE ? 'The whole service' : application;
  return `${what} is frozen by ${by} since ${since} ${end}: ${reason}. Lift it with DELETE /applications/${application}/freeze.`;
}

/** Holds for alarms; with `always` it answers for anybody, to warn a person who insists. */
export function cooldown({ rollback, rollbacks, limits, now }: CheapFacts, always = false): Refusal | null {
  if (rollback.trigger.type !== 'alarm' && !always) return null;
  const ends = others(rollbacks, rollback.rollbackId).filter(changedSomething).map(endOf);
  const since = now.getTime() - Math.max(...ends);
  if (ends.length === 0 || since >= milliseconds(limits.cooldown)) return null;
  const message = `The last rollback of ${rollback.application} ended ${describeDuration(since)} ago; the next one waits for the cooldown of ${limits.cooldown}.`;
  return { code: 'cooldown', message };
}

/** Repeated rollbacks reach no known state: after the cap a person has to look. `always` as for the cooldown. */
export function dailyLimit({ rollback, rollbacks, limits, now }: CheapFacts, always = false): Refusal | null {
  if (rollback.trigger.type !== 'alarm' && !always) return null;
  const recent = others(rollbacks, rollback.rollbackId)
    .filter(changedSomething)
    .filter(({ requestedAt }) => now.getTime() - Date.parse(requestedAt) < DAY_MS);
  if (recent.length < limits.perDay) return null;
  const message = `${rollback.application} had ${count(recent.length, 'rollback')} in the last 24 hours; the limit is ${limits.perDay}. Somebody has to find out why they do not help.`;
  return { code: 'daily-limit', message };
}

/**
 * One rollback of an application at a time: whoever holds its lock. An alarm's rollback also lets those pass first that were asked for
 * before it and are still being planned; `waits` tells whether it then gets another chance. The lock decides what this can't see, and
 * who loses there waits, or does not, by the same rule.
 */
export function inProgress(facts: CheapFacts): Refusal | null {
  const { rollback, rollbacks, lock, now } = facts;
  const first =
    lock === null || lock.holder === rollback.rollbackId
      ? others(rollbacks, rollback.rollbackId).find((other) => passesFirst(other, rollback, now))
      : holderOf(facts);
  if (first !== undefined) {
    const message = `Rollback ${first.rollbackId} of ${first.application}, started by ${first.performedBy} at ${first.requestedAt}, is ${first.status}. ${wayPast(first.status)}`;
    return { code: 'rollback-in-progress', message };
  }
  if (lock === null || lock.holder === rollback.rollbackId) return null;
  const message = `${lock.holder} holds the lock of ${rollback.application}, at most until ${lock.until}. Wait for its end.`;
  return { code: 'rollback-in-progress', message };
}

/** What people can do about a rollback that is in the way. */
export function wayPast(status: Rollback['status']): string {
  return status === 'awaiting-approval' ? 'Approve, reject or cancel it, or wait.' : 'Wait for its end or cancel it.';
}

/** What tells who is in the way, and whether it may go by. */
type Holding = Pick<CheapFacts, 'rollbacks' | 'lock' | 'now'>;

/** While the event of a waiting alarm is younger than this: short of stale, so that there is time left to plan. */
const WAIT_MS = STALE_EVENT_MS - 60_000;

/** The statuses of a rollback that has changed something. */
const AFTER_CHANGE: readonly Rollback['status'][] = ['monitoring', 'undoing'];

/**
 * Whether an alarm's rollback waits for what is in progress: that may yet end without having changed anything, and an alarm that stays
 * in ALARM sends no other event. People ask again themselves.
 */
export function waits(refusal: Refusal, facts: Holding & { rollback: Pick<CheapFacts['rollback'], 'trigger'> }): boolean {
  const { trigger } = facts.rollback;
  if (refusal.code !== 'rollback-in-progress' || trigger.type !== 'alarm') return false;
  const holder = holderOf(facts);
  if (holder !== undefined && AFTER_CHANGE.includes(holder.status)) return false;
  return facts.now.getTime() - Date.parse(trigger.stateTimestamp) < WAIT_MS;
}

/** undefined: nobody holds the lock, or somebody who is no rollback, such as a backup. */
function holderOf({ rollbacks, lock }: Holding): Rollback | undefined {
  return rollbacks.find(({ rollbackId }) => rollbackId === lock?.holder);
}

function others(rollbacks: readonly Rollback[], rollbackId: string): Rollback[] {
  return rollbacks.filter((other) => other.rollbackId !== rollbackId);
}

function changedSomething({ status, changed }: Rollback): boolean {
  return CHANGING.includes(status) && changed !== false;
}

function endOf({ endedAt, requestedAt }: Rollback): number {
  return Date.parse(endedAt ?? requestedAt);
}

function isBefore(a: Pick<Rollback, 'requestedAt' | 'rollbackId'>, b: Pick<Rollback, 'requestedAt' | 'rollbackId'>): boolean {
  const apart = Date.parse(a.requestedAt) - Date.parse(b.requestedAt);
  return apart < 0 || (apart === 0 && a.rollbackId < b.rollbackId);
}

/** Longer than planning takes. One that is not planned by then waits itself, or was never started: it must not block others for ever. */
const PLANNED_WITHIN_MS = 2 * 60_000;

function passesFirst(other: Rollback, { trigger, ...rollback }: CheapFacts['rollback'], now: Date): boolean {
  const isPlanned = other.status === 'requested' || other.status === 'planned';
  const age = now.getTime() - Date.parse(other.requestedAt);
  return trigger.type === 'alarm' && isPlanned && isBefore(other, rollback) && age < PLANNED_WITHIN_MS;
}
