import { type Freeze, type Refusal, type Rollback, WHOLE_SERVICE } from '../contracts.ts';
import { describeDuration, milliseconds } from './duration.ts';
import type { CheapFacts } from './guard-facts.ts';
import { count } from './naming.ts';
import { isOver } from './transitions.ts';

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

/** Of two at the same time the one asked for first goes on; the lock decides what this can't see. */
export function inProgress({ rollback, rollbacks, now }: CheapFacts): Refusal | null {
  const first = others(rollbacks, rollback.rollbackId).find(
    (other) => !isOver(other.status) && isBefore(other, rollback) && !neverStarted(other, now),
  );
  if (first === undefined) return null;
  const message = `Rollback ${first.rollbackId} of ${first.application}, started by ${first.performedBy} at ${first.requestedAt}, is ${first.status}. Wait for its end or cancel it.`;
  return { code: 'rollback-in-progress', message };
}

function others(rollbacks: readonly Rollback[], rollbackId: string): Rollback[] {
  return rollbacks.filter((other) => other.rollbackId !== rollbackId);
}

function changedSomething({ status }: Rollback): boolean {
  return CHANGING.includes(status);
}

function endOf({ endedAt, requestedAt }: Rollback): number {
  return Date.parse(endedAt ?? requestedAt);
}

function isBefore(a: Pick<Rollback, 'requestedAt' | 'rollbackId'>, b: Pick<Rollback, 'requestedAt' | 'rollbackId'>): boolean {
  const apart = Date.parse(a.requestedAt) - Date.parse(b.requestedAt);
  return apart < 0 || (apart === 0 && a.rollbackId < b.rollbackId);
}

/** Long after any start: whoever asked died between the record and the start of its execution. It must not block others for ever. */
const START_WITHIN_MS = 10 * 60_000;

function neverStarted({ status, requestedAt }: Rollback, now: Date): boolean {
  return status === 'requested' && now.getTime() - Date.parse(requestedAt) > START_WITHIN_MS;
}
