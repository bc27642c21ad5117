import type { AlarmObservation, FlowObservation } from '../contracts.ts';
import { flowChecks } from './checks.ts';
import { describeDuration } from './duration.ts';
import type { Verdict } from './verdict.ts';

export type MonitorInput = {
  baselineAlarms: readonly AlarmObservation[];
  alarms: readonly AlarmObservation[];
  /** The flows as before the change; one that is not among them counts as good before. */
  baselineFlows?: readonly FlowObservation[] | undefined;
  flows: readonly FlowObservation[];
  /** When the last host was changed: only data newer than this proves anything. */
  changedAt: string;
  startedAt: string;
  /** Milliseconds to watch; twice as long is the limit for an alarm to become OK. */
  forMs: number;
  now: Date;
};

export type MonitorDecision = { state: 'PENDING' | 'READY' | 'FAILED'; verdict: Verdict; reasons: string[] };

/**
 * `mended`: bad before, good now. `good`: good throughout, or not to be told both times. `worse`: good before, bad now.
 * `bad`: still bad. `open`: nobody can tell yet. `early`: an alarm that is OK on data that began before the last host was changed. CloudWatch
 * shows no newer data until the state changes again, so it is believed once it has stayed OK for twice the time. `fresh`: an alarm that was OK and fires on data of the
 * change itself, as services restart; it is believed if it still fires on nothing newer after twice the time.
 */
type Reading = { state: 'good' | 'mended' | 'worse' | 'bad' | 'open' | 'early' | 'fresh'; reason: string };

/**
 * Whether the rollback has held: what was bad has to turn good on data newer than the change, what was good has to stay so.
 * PENDING means ask again; its verdict is `unknown`. "No alarm" alone proves nothing.
 */
export function monitorDecision(input: MonitorInput): MonitorDecision {
  const readings = [...alarmReadings(input), ...flowReadings(input)];
  const watched = input.now.getTime() - Date.parse(input.startedAt);
  const length = `watched ${describeDuration(watched)} of ${describeDuration(input.forMs)}`;
  return { ...decide(readings, watched, input.forMs), reasons: [...readings.map(({ reason }) => reason), length] };
}

function decide(readings: readonly Reading[], watchedMs: number, forMs: number): Omit<MonitorDecision, 'reasons'> {
  const has = (state: Reading['state']) => readings.some((reading) => reading.state === state);
  if (has('worse') || (has('fresh') && watchedMs >= 2 * forMs)) return { state: 'FAILED', verdict: 'worse' };
  if (has('fresh')) return { state: 'PENDING', verdict: 'unknown' };
  const enoughMs = has('early') ? 2 * forMs : forMs;
  const mended = has('mended') || has('early');
  if (!has('bad') && !has('open') && watchedMs >= enoughMs) return { state: 'READY', verdict: mended ? 'better' : 'same' };
  if (watchedMs < 2 * forMs) return { state: 'PENDING', verdict: 'unknown' };
  return { state: 'FAILED', verdict: has('bad') ? 'same' : 'unknown' };
}

function alarmReadings({ baselineAlarms, alarms, changedAt }: MonitorInput): Reading[] {
  const names = new Set([...baselineAlarms, ...alarms].map(({ name }) => name));
  return [...names].map((name) => {
    const before = baselineAlarms.find((alarm) => alarm.name === name)?.state ?? 'MISSING';
    const now = alarms.find((alarm) => alarm.name === name);
    const state = readAlarm(before, now, Date.parse(changedAt));
    const newest = now?.newestDatapointAt ? `, newest data of ${now.newestDatapointAt}` : ', the time of its data unknown';
    return { state, reason: `alarm ${name}: ${before} -> ${now?.state ?? 'MISSING'}${newest} (${MEANING[state]})` };
  });
}

const MEANING: Record<Reading['state'], string> = {
  good: 'nothing wrong',
  mended: 'OK on data newer than the change',
  worse: 'was good before',
  bad: 'not mended',
  open: 'no verdict on data newer than the change yet',
  early: 'OK, but not on data newer than the change',
  fresh: 'was good before; fires on data of the change itself so far',
};

function readAlarm(before: AlarmObservation['state'], now: AlarmObservation | undefined, changedAt: number): Reading['state'] {
  const state = now?.state ?? 'MISSING';
  if (state === 'ALARM' && before === 'OK') return provesNothingYet(now, changedAt) ? 'fresh' : 'worse';
  if (state === 'ALARM') return before === 'ALARM' ? 'bad' : 'open';
  if (before === 'ALARM') return state !== 'OK' ? 'open' : isNewer(now, changedAt) ? 'mended' : 'early';
  // Without data before and after, an alarm says nothing either way and holds nothing up.
  return state === 'OK' || before !== 'OK' ? 'good' : 'open';
}

/** An alarm's time is that of its state; its data may be older, from when services were restarted. */
function provesNothingYet(alarm: AlarmObservation | undefined, changedAt: number): boolean {
  return alarm?.newestDatapointAt != null && Date.parse(alarm.newestDatapointAt) <= changedAt;
}

/**
 * Whether an alarm was judged on periods that began after the change. An alarm that changes its state later may do so on older ones. Where
 * CloudWatch says nothing of its data (a state that was set by hand, a composite alarm without its alarms) the time of the state has to do.
 */
function isNewer(alarm: AlarmObservation | undefined, changedAt: number): boolean {
  return Date.parse(alarm?.newestDatapointAt ?? alarm?.transitionedAt ?? '') > changedAt;
}

function flowReadings({ baselineFlows = [], flows }: MonitorInput): Reading[] {
  const known = baselineFlows.filter(({ url }) => flows.some((flow) => flow.url === url));
  return flowChecks(known, flows).map(({ name, before, after, values }) => {
    const state = after ? (before === false ? 'mended' : 'good') : before === false ? 'bad' : 'worse';
    return { state, reason: `${name}: ${values}` };
  });
}
