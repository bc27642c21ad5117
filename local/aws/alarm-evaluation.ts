/**
 * How CloudWatch judges a metric alarm, after "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
 * Pure: the observations and the time are arguments.
 */
import { cloudWatchTimestamp } from './instants.ts';
import type { StatisticSet } from './metrics.ts';

/** The three states of an alarm. */
export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'] as const;
export type Statistic = (typeof STATISTICS)[number];

export const TREATMENTS = ['missing', 'notBreaching', 'breaching', 'ignore'] as const;
export type MissingDataTreatment = (typeof TREATMENTS)[number];

interface Comparison {
  readonly breaches: (value: number, threshold: number) => boolean;
  readonly words: string;
}

/** The static-threshold operators; the anomaly-detection ones need a model and are not here. */
export const COMPARISONS = {
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: { breaches: (value, threshold) => value >= threshold, words: 'greater than or equal to' },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { breaches: (value, threshold) => value <= threshold, words: 'less than or equal to' },
} as const satisfies Record<string, Comparison>;
export type ComparisonOperator = keyof typeof COMPARISONS;

/** What of an alarm's configuration decides its state. `period` in seconds. */
export interface AlarmRule {
  readonly statistic: Statistic;
  readonly unit?: string;
  readonly period: number;
  readonly evaluationPeriods: number;
  /** M of "M out of N"; N when absent. */
  readonly datapointsToAlarm?: number;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly treatMissingData: MissingDataTreatment;
}

/** One complete period: its start in ms and its statistics, which are absent when nothing was reported. */
export interface Datapoint {
  readonly at: number;
  readonly statistics?: StatisticSet;
}

interface Present extends Datapoint {
  readonly statistics: StatisticSet;
}

/** The state an evaluation leads to, in the words CloudWatch uses for it. */
export interface Verdict {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON: version, queryDate, startDate, statistic, period, recentDatapoints, threshold, evaluatedDatapoints (newest first). */
  readonly reasonData: string;
}

/** How many periods CloudWatch looks at beyond the evaluation periods; its tables show five for an alarm of three. */
const EXTRA_PERIODS = 2;

/** Every 10 s for high-resolution alarms, else every minute. In ms. */
export function evaluationStep(period: number): number {
  return period < 60 ? 10_000 : 60_000;
}

/**
 * Starts of the periods in the evaluation range, oldest first, in ms. The running period does not count: the newest one ended at
 * the last evaluation step. Periods slide with the steps: a five-minute alarm looks at minutes 1-5, then at 2-6.
 */
export function evaluationRange(rule: AlarmRule, now: number): readonly number[] {
  const step = evaluationStep(rule.period);
  const end = Math.floor(now / step) * step;
  const count = rule.evaluationPeriods + EXTRA_PERIODS;
  return Array.from({ length: count }, (_, index) => end - (count - index) * rule.period * 1000);
}

/** The verdict on the datapoints of the evaluation range, oldest first; undefined when the present state is retained. */
export function evaluateAlarm(rule: AlarmRule, range: readonly Datapoint[], now: number): Verdict | undefined {
  const value = stateOf(rule, range);
  if (value === undefined) return undefined;
  const evaluated = evaluatedDatapoints(rule, range);
  return { value, reason: reasonOf(rule, value, evaluated), reasonData: reasonDataOf(rule, evaluated, now) };
}

/** The value that is compared with the threshold. */
export function statisticValue(statistic: Statistic, set: StatisticSet): number {
  switch (statistic) {
    case 'Average':
      return set.sum / set.sampleCount;
    case 'Sum':
      return set.sum;
    case 'Minimum':
      return set.minimum;
    case 'Maximum':
      return set.maximum;
    case 'SampleCount':
      return set.sampleCount;
  }
}

function stateOf(rule: AlarmRule, range: readonly Datapoint[]): StateValue | undefined {
  const needed = rule.datapointsToAlarm ?? rule.evaluationPeriods;
  const present = range.filter(isPresent).slice(-rule.evaluationPeriods);
  const breaching = present.filter((point) => breaches(rule, point));
  const filled = rule.evaluationPeriods - present.length;
  if (breaching.length >= needed) return 'ALARM';
  if (filled === 0 || rule.treatMissingData === 'notBreaching') return 'OK';
  if (rule.treatMissingData === 'breaching') return breaching.length + filled >= needed ? 'ALARM' : 'OK';
  if (breaching.length < present.length) return 'OK';
  if (rule.treatMissingData === 'ignore') return undefined;
  return isOldEnough(range, needed) ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** "ALARM when the oldest breaching datapoint is at least as old as Datapoints to Alarm and all more recent ones are breaching or missing." */
function isOldEnough(range: readonly Datapoint[], needed: number): boolean {
  const oldest = range.findIndex(isPresent);
  return oldest >= 0 && range.length - oldest >= needed;
}

function isPresent(point: Datapoint): point is Present {
  return point.statistics !== undefined;
}

function breaches(rule: AlarmRule, point: Present): boolean {
  return COMPARISONS[rule.comparison].breaches(statisticValue(rule.statistic, point.statistics), rule.threshold);
}

/** As many as evaluation periods, newest first: real ones, however old, before missing ones. */
function evaluatedDatapoints(rule: AlarmRule, range: readonly Datapoint[]): readonly Datapoint[] {
  const present = range.filter(isPresent).slice(-rule.evaluationPeriods);
  const missing = range.filter((point) => !isPresent(point)).reverse();
  const filled = missing.slice(0, rule.evaluationPeriods - present.length);
  return [...present, ...filled].sort((left, right) => right.at - left.at);
}

function reasonDataOf(rule: AlarmRule, evaluated: readonly Datapoint[], now: number): string {
  const present = evaluated.filter(isPresent);
  const oldest = present.at(-1);
  return JSON.stringify({
    version: '1.0',
    queryDate: cloudWatchTimestamp(now),
    ...(oldest && { startDate: cloudWatchTimestamp(oldest.at) }),
    ...(rule.unit !== undefined && { unit: rule.unit }),
    statistic: rule.statistic,
    period: rule.period,
    recentDatapoints: present.map((point) => statisticValue(rule.statistic, point.statistics)).reverse(),
    threshold: rule.threshold,
    evaluatedDatapoints: evaluated.map(({ at, statistics }) => ({
      timestamp: cloudWatchTimestamp(at),
      ...(statistics && { sampleCount: statistics.sampleCount, value: statisticValue(rule.statistic, statistics) }),
    })),
  });
}

function reasonOf(rule: AlarmRule, value: StateValue, evaluated: readonly Datapoint[]): string {
  const present = evaluated.filter(isPresent);
  if (value === 'INSUFFICIENT_DATA') {
    const unknown = evaluated.length - present.length;
    return `Insufficient Data: ${counted(unknown, 'datapoint')} ${were(unknown)} unknown.`;
  }
  if (present.length === 0) return missingDataReason(rule, evaluated.length);
  return thresholdReason(rule, value, present);
}

function missingDataReason(rule: AlarmRule, periods: number): string {
  const treatedAs = rule.treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching';
  const treated = `${counted(periods, 'missing datapoint')} ${were(periods)} treated as [${treatedAs}]`;
  return `Threshold Crossed: no datapoints were received for ${counted(periods, 'period')} and ${treated}.`;
}

function thresholdReason(rule: AlarmRule, value: StateValue, present: readonly Present[]): string {
  const said = present.filter((point) => breaches(rule, point) === (value === 'ALARM'));
  const list = said
    .map((point) => `${decimal(statisticValue(rule.statistic, point.statistics))} (${reasonDate(point.at)})`)
    .join(', ');
  const compared = `${value === 'ALARM' ? '' : 'not '}${COMPARISONS[rule.comparison].words} the threshold (${decimal(rule.threshold)})`;
  if (rule.datapointsToAlarm === undefined) {
    return `Threshold Crossed: ${counted(said.length, 'datapoint')} [${list}] ${were(said.length)} ${compared}.`;
  }
  const toOk = rule.evaluationPeriods - rule.datapointsToAlarm + 1;
  const least = value === 'ALARM' ? counted(rule.datapointsToAlarm, 'datapoint') : counted(toOk, 'datapoint');
  const transition = value === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK';
  const outOf = `${said.length} out of the last ${counted(rule.evaluationPeriods, 'datapoint')}`;
  return `Threshold Crossed: ${outOf} [${list}] ${were(said.length)} ${compared} (minimum ${least} for ${transition} transition).`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were';
}

/** Numbers stand in reasons as Java prints doubles: `5.0`. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `23/04/24 20:44:00` */
function reasonDate(milliseconds: number): string {
  const [year = '', month, day] = new Date(milliseconds).toISOString().slice(0, 10).split('-');
  return `${day}/${month}/${year.slice(2)} ${new Date(milliseconds).toISOString().slice(11, 19)}`;
}
