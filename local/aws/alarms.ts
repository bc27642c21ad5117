import {
  type AlarmRule,
  COMPARISONS,
  type ComparisonOperator,
  type MissingDataTreatment,
  STATISTICS,
  type StateValue,
  type Statistic,
  TREATMENTS,
} from './alarm-evaluation.ts';
import { cloudWatchTimestamp } from './instants.ts';
import type { Dimension, MetricIdentity } from './metrics.ts';
import { ACCOUNT_ID, AwsError, type BusEvent, REGION } from './service.ts';

const LONGEST_RANGE = 86_400;

/** The decoded input of PutMetricAlarm, as far as single-metric alarms use it. */
export interface PutMetricAlarmInput {
  readonly AlarmName?: string;
  readonly AlarmDescription?: string;
  readonly ActionsEnabled?: boolean;
  readonly OKActions?: readonly string[];
  readonly AlarmActions?: readonly string[];
  readonly InsufficientDataActions?: readonly string[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Statistic?: Statistic;
  readonly Unit?: string;
  readonly Period?: number;
  readonly EvaluationPeriods?: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator?: ComparisonOperator;
  readonly TreatMissingData?: MissingDataTreatment;
}

/** A state with what led to it; `at` in ms. */
export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  readonly reasonData?: string;
  readonly at: number;
}

/** An alarm as it stands. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly input: PutMetricAlarmInput;
  readonly metric: MetricIdentity;
  readonly metricId: string;
  readonly rule: AlarmRule;
  readonly actionsEnabled: boolean;
  readonly state: AlarmState;
  readonly configuredAt: number;
  /** A state set by hand stands until this moment (ms). */
  readonly evaluateFrom: number;
}

/** ARN of the alarm of that name; `*` for all. */
export function alarmArn(name: string): string {
  return `arn:aws:cloudwatch:${REGION}:${ACCOUNT_ID}:alarm:${name}`;
}

/** What metric and which rule PutMetricAlarm asks for. Throws `ValidationError` as CloudWatch does. */
export function alarmConfiguration(input: PutMetricAlarmInput): { readonly metric: MetricIdentity; readonly rule: AlarmRule } {
  const { MetricName: name, Namespace: namespace, Statistic: statistic, ComparisonOperator: comparison } = input;
  if (!name || !namespace) throw invalid('Namespace and MetricName are required: metric math and composite alarms are not here');
  if (!statistic || !STATISTICS.includes(statistic)) throw invalid(`Statistic must be one of ${STATISTICS.join(', ')}`);
  if (!comparison || !(comparison in COMPARISONS)) {
    throw invalid(`ComparisonOperator must be one of ${Object.keys(COMPARISONS).join(', ')}`);
  }
  if (input.Threshold === undefined) throw invalid('Threshold is required');
  const rule: AlarmRule = {
    statistic,
    comparison,
    threshold: input.Threshold,
    treatMissingData: checkedTreatment(input.TreatMissingData),
    ...periods(input),
    ...(input.Unit !== undefined && { unit: input.Unit }),
  };
  return { metric: { namespace, name, dimensions: input.Dimensions ?? [] }, rule };
}

function checkedTreatment(treatment: MissingDataTreatment = 'missing'): MissingDataTreatment {
  if (!TREATMENTS.includes(treatment)) throw invalid(`Value '${treatment}' at 'treatMissingData' is not supported`);
  return treatment;
}

function periods(input: PutMetricAlarmInput): Pick<AlarmRule, 'period' | 'evaluationPeriods' | 'datapointsToAlarm'> {
  const { Period: period = 0, EvaluationPeriods: evaluationPeriods = 0, DatapointsToAlarm: datapointsToAlarm } = input;
  const allowed = [10, 20, 30].includes(period) || (period > 0 && period % 60 === 0);
  if (!allowed) throw invalid('Metric alarm Period must be 10, 20, 30 or a multiple of 60');
  if (!Number.isInteger(evaluationPeriods) || evaluationPeriods < 1) throw invalid('EvaluationPeriods must be at least 1');
  if (period * evaluationPeriods > LONGEST_RANGE) throw invalid('Metrics cannot be checked across more than a day');
  if (datapointsToAlarm === undefined) return { period, evaluationPeriods };
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) {
    throw invalid('DatapointsToAlarm must be between 1 and EvaluationPeriods');
  }
  return { period, evaluationPeriods, datapointsToAlarm };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** One member of DescribeAlarms' `MetricAlarms`. */
export function describeAlarm(alarm: Alarm): object {
  const { input, rule, state } = alarm;
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ...(input.AlarmDescription !== undefined && { AlarmDescription: input.AlarmDescription }),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData !== undefined && { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.at),
    StateTransitionedTimestamp: new Date(state.at),
    MetricName: alarm.metric.name,
    Namespace: alarm.metric.namespace,
    Statistic: rule.statistic,
    Dimensions: alarm.metric.dimensions,
    Period: rule.period,
    ...(rule.unit !== undefined && { Unit: rule.unit }),
    EvaluationPeriods: rule.evaluationPeriods,
    ...(rule.datapointsToAlarm !== undefined && { DatapointsToAlarm: rule.datapointsToAlarm }),
    Threshold: rule.threshold,
    ComparisonOperator: rule.comparison,
    // Absent unless it was asked for, although `missing` is what then applies.
    ...(input.TreatMissingData !== undefined && { TreatMissingData: input.TreatMissingData }),
  };
}

/** The `CloudWatch Alarm State Change` event. It goes out whether or not the alarm's actions are enabled. */
export function stateChangeEvent(alarm: Alarm, previous: AlarmState): BusEvent {
  return {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      state: eventState(alarm.state),
      previousState: eventState(previous),
      configuration: {
        ...(alarm.input.AlarmDescription !== undefined && { description: alarm.input.AlarmDescription }),
        metrics: [eventMetric(alarm)],
      },
    },
  };
}

function eventState({ value, reason, reasonData, at }: AlarmState): object {
  return { value, reason, ...(reasonData !== undefined && { reasonData }), timestamp: cloudWatchTimestamp(at) };
}

function eventMetric({ metric, metricId, rule }: Alarm): object {
  const dimensions = Object.fromEntries(metric.dimensions.map(({ Name, Value }) => [Name, Value]));
  return {
    id: metricId,
    metricStat: {
      metric: { namespace: metric.namespace, name: metric.name, dimensions },
      period: rule.period,
      stat: rule.statistic,
      ...(rule.unit !== undefined && { unit: rule.unit }),
    },
    returnData: true,
  };
}
