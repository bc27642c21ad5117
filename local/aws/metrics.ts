import { toMilliseconds, type WireInstant } from './instants.ts';
import { AwsError } from './service.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Longer than any alarm looks back: period × evaluation periods is a day at most, and the evaluation range a little more. */
const RETENTION = 2 * DAY;
const MAX_VALUES = 150;
const MAX_DATA = 1000;
const MAX_DIMENSIONS = 30;

/** One dimension of a metric, as every CloudWatch request writes it. */
export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** Namespace, name and dimensions: two metrics that differ in any of them have nothing to do with each other. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** What CloudWatch keeps of the values of one moment. */
export interface StatisticSet {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

interface Sample extends StatisticSet {
  readonly at: number;
  readonly unit: string;
}

interface WireDatum {
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Timestamp?: WireInstant;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
  readonly Unit?: string;
  readonly StorageResolution?: number;
}

/** The decoded input of PutMetricData. */
export interface PutMetricDataInput {
  readonly Namespace?: string;
  readonly MetricData?: readonly WireDatum[];
}

/** Metric values in memory, kept at a second's (`StorageResolution: 1`) or a minute's resolution. */
export class MetricStore {
  readonly #series = new Map<string, Sample[]>();

  /** Keeps every datum of one request, or none: throws CloudWatch's errors for the first invalid one. `now` in ms. */
  put(input: PutMetricDataInput, now: number): void {
    const namespace = checkedNamespace(input.Namespace);
    const data = input.MetricData ?? [];
    if (data.length > MAX_DATA) throw invalid(`The collection MetricData must not have a size greater than ${MAX_DATA}.`);
    const samples = data.map((datum) => ({ key: keyOf(identityOf(namespace, datum)), sample: sampleOf(datum, now) }));
    for (const { key, sample } of samples) this.#append(key, sample, now);
  }

  /** All values with `from <= time < to` taken together; undefined when there is none. `unit` undefined takes any. */
  aggregate(metric: MetricIdentity, from: number, to: number, unit?: string): StatisticSet | undefined {
    const samples = (this.#series.get(keyOf(metric)) ?? []).filter(
      (sample) => sample.at >= from && sample.at < to && (unit === undefined || sample.unit === unit),
    );
    return samples.length === 0 ? undefined : samples.reduce<StatisticSet>(merge, EMPTY);
  }

  #append(key: string, sample: Sample, now: number): void {
    const series = this.#series.get(key) ?? [];
    const last = series.at(-1);
    if (last && last.at === sample.at && last.unit === sample.unit)
      series[series.length - 1] = { ...last, ...merge(last, sample) };
    else series.push(sample);
    const oldest = series[0];
    const expired = oldest !== undefined && oldest.at < now - RETENTION;
    this.#series.set(key, expired ? series.filter((each) => each.at >= now - RETENTION) : series);
  }
}

const EMPTY: StatisticSet = { sampleCount: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };

function merge(left: StatisticSet, right: StatisticSet): StatisticSet {
  return {
    sampleCount: left.sampleCount + right.sampleCount,
    sum: left.sum + right.sum,
    minimum: Math.min(left.minimum, right.minimum),
    maximum: Math.max(left.maximum, right.maximum),
  };
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  const sorted = dimensions.map(({ Name, Value }) => [Name, Value]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

function identityOf(namespace: string, datum: WireDatum): MetricIdentity {
  if (!datum.MetricName) throw missing('MetricData.member.1.MetricName');
  const dimensions = datum.Dimensions ?? [];
  if (dimensions.length > MAX_DIMENSIONS) throw invalid(`At most ${MAX_DIMENSIONS} dimensions are allowed.`);
  return { namespace, name: datum.MetricName, dimensions };
}

function sampleOf(datum: WireDatum, now: number): Sample {
  const resolution = datum.StorageResolution ?? 60;
  if (resolution !== 1 && resolution !== 60) throw invalid('The parameter StorageResolution must be 1 or 60.');
  const time = datum.Timestamp === undefined ? now : toMilliseconds(datum.Timestamp);
  if (time < now - 14 * DAY || time > now + 2 * HOUR) {
    throw invalid('The parameter Timestamp must specify a time within the past two weeks and no more than two hours ahead.');
  }
  const unit = datum.Unit ?? 'None';
  return { at: Math.floor(time / (resolution * 1000)) * resolution * 1000, unit, ...statisticsOf(datum) };
}

function statisticsOf(datum: WireDatum): StatisticSet {
  const given = [datum.Value, datum.Values, datum.StatisticValues].filter((member) => member !== undefined);
  if (given.length === 0) throw missing('MetricData.member.1.Value');
  if (given.length > 1) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      'The parameters Value, Values and StatisticValues are mutually exclusive.',
    );
  }
  if (datum.StatisticValues) return statisticsFromSet(datum.StatisticValues);
  return statisticsFromValues(datum.Values ?? [datum.Value as number], datum.Counts);
}

function statisticsFromSet(set: NonNullable<WireDatum['StatisticValues']>): StatisticSet {
  const { SampleCount, Sum, Minimum, Maximum } = set;
  if (SampleCount <= 0) throw invalid('The parameter StatisticValues.SampleCount must be greater than 0.');
  if (Minimum > Maximum) throw invalid('The parameter StatisticValues.Maximum must be at least StatisticValues.Minimum.');
  return { sampleCount: SampleCount, sum: Sum, minimum: Minimum, maximum: Maximum };
}

function statisticsFromValues(values: readonly number[], counts: readonly number[] = values.map(() => 1)): StatisticSet {
  if (values.length === 0 || values.length > MAX_VALUES) throw invalid(`Values must have between 1 and ${MAX_VALUES} members.`);
  if (counts.length !== values.length) throw invalid('The parameters Values and Counts must have the same size.');
  if (!values.every(Number.isFinite)) throw invalid('The parameter Value must be a finite number.');
  return values
    .map((value, index) => ({ value, count: counts[index] ?? 1 }))
    .map(({ value, count }) => ({ sampleCount: count, sum: value * count, minimum: value, maximum: value }))
    .reduce<StatisticSet>(merge, EMPTY);
}

function checkedNamespace(namespace: string | undefined): string {
  if (!namespace) throw missing('Namespace');
  // Only AWS itself may write there; a person's PutMetricData is refused as it is here.
  if (namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid.');
  return namespace;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

function missing(parameter: string): AwsError {
  return new AwsError('MissingRequiredParameterException', `The parameter ${parameter} is required.`);
}
