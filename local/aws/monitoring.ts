import { randomUUID } from 'node:crypto';
import { evaluateAlarm, evaluationRange, evaluationStep, type StateValue } from './alarm-evaluation.ts';
import {
  type Alarm,
  type AlarmState,
  alarmArn,
  alarmConfiguration,
  describeAlarm,
  type PutMetricAlarmInput,
  stateChangeEvent,
} from './alarms.ts';
import { MetricStore, type PutMetricDataInput } from './metrics.ts';
import { AwsError, type Call, type PublishEvent, type Service } from './service.ts';

const EVALUATION_INTERVAL = 1000;
const STATES: readonly StateValue[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];

export interface MonitoringOptions {
  readonly publish: PublishEvent;
  readonly now?: () => Date;
}

/** CloudWatch metrics and metric alarms. */
export interface MonitoringService extends Service {
  /** Judges every alarm that is due. A timer does it each second: a change shows at most that long after its period ended. */
  evaluate(): void;
  close(): Promise<void>;
}

interface NamesInput {
  readonly AlarmNames?: readonly string[];
}

interface SetAlarmStateInput {
  readonly AlarmName: string;
  readonly StateValue: StateValue;
  readonly StateReason: string;
  readonly StateReasonData?: string;
}

interface DescribeAlarmsInput extends NamesInput {
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
  readonly StateValue?: StateValue;
  readonly ActionPrefix?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

/**
 * CloudWatch: PutMetricData, PutMetricAlarm, DescribeAlarms, SetAlarmState, DeleteAlarms, Enable- and DisableAlarmActions.
 * State changes go to `publish`.
 */
export function createMonitoring({ publish, now: clock = () => new Date() }: MonitoringOptions): MonitoringService {
  const metrics = new MetricStore();
  const alarms = new Map<string, Alarm>();
  const now = () => clock().getTime();

  const enter = (alarm: Alarm, state: AlarmState): void => {
    // Nothing moves while the value stays: StateUpdatedTimestamp and the reason tell of the last transition.
    if (state.value === alarm.state.value) return;
    const changed = { ...alarm, state };
    alarms.set(alarm.name, changed);
    publish(stateChangeEvent(changed, alarm.state));
  };

  const evaluate = (): void => {
    const at = now();
    for (const alarm of [...alarms.values()].filter((each) => each.evaluateFrom <= at)) {
      const range = evaluationRange(alarm.rule, at).map((start) => datapoint(metrics, alarm, start));
      const verdict = evaluateAlarm(alarm.rule, range, at);
      if (verdict) enter(alarm, { ...verdict, at });
    }
  };

  const timer = setInterval(evaluate, EVALUATION_INTERVAL);
  timer.unref();

  const putMetricAlarm = async (input: PutMetricAlarmInput, call: Call): Promise<undefined> => {
    const name = input.AlarmName;
    if (!name) throw new AwsError('ValidationError', 'AlarmName is required');
    await call.authorize('cloudwatch:PutMetricAlarm', [alarmArn(name)]);
    alarms.set(name, configured(name, input, alarms.get(name), now()));
  };

  const setAlarmState = async (input: SetAlarmStateInput, call: Call): Promise<undefined> => {
    await call.authorize('cloudwatch:SetAlarmState', [alarmArn(input.AlarmName)]);
    const alarm = alarms.get(input.AlarmName);
    if (!alarm) throw new AwsError('ResourceNotFound', 'Alarm does not exist', 404);
    // AWS evaluates an alarm once a step, at a moment of its own: a state set by hand stands for up to that long, here always.
    const held = { ...alarm, evaluateFrom: now() + evaluationStep(alarm.rule.period) };
    alarms.set(alarm.name, held);
    enter(held, stateByHand(input, now()));
  };

  const deleteAlarms = async ({ AlarmNames = [] }: NamesInput, call: Call): Promise<undefined> => {
    await call.authorize('cloudwatch:DeleteAlarms', AlarmNames.map(alarmArn));
    for (const name of AlarmNames) alarms.delete(name);
  };

  const switchActions = (action: string, actionsEnabled: boolean) => async (input: NamesInput, call: Call) => {
    const names = input.AlarmNames ?? [];
    await call.authorize(action, names.map(alarmArn));
    for (const alarm of names.flatMap((name) => alarms.get(name) ?? [])) alarms.set(alarm.name, { ...alarm, actionsEnabled });
    return undefined;
  };

  return {
    scope: 'monitoring',
    protocol: 'cbor+json',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    operations: {
      PutMetricData: async (input: PutMetricDataInput, call: Call) => {
        await call.authorize('cloudwatch:PutMetricData', ['*'], { 'cloudwatch:namespace': input.Namespace ?? '' });
        metrics.put(input, now());
        return undefined;
      },
      PutMetricAlarm: putMetricAlarm,
      DescribeAlarms: async (input: DescribeAlarmsInput, call: Call) => {
        // For all alarms, even when the request names some: a policy that suffices here suffices under either reading of AWS's pages.
        await call.authorize('cloudwatch:DescribeAlarms', [alarmArn('*')]);
        return describePage([...alarms.values()], input);
      },
      SetAlarmState: setAlarmState,
      DeleteAlarms: deleteAlarms,
      EnableAlarmActions: switchActions('cloudwatch:EnableAlarmActions', true),
      DisableAlarmActions: switchActions('cloudwatch:DisableAlarmActions', false),
    },
    evaluate,
    close: async () => clearInterval(timer),
  };
}

function datapoint(metrics: MetricStore, { metric, rule }: Alarm, start: number) {
  const statistics = metrics.aggregate(metric, start, start + rule.period * 1000, rule.unit);
  return { at: start, ...(statistics && { statistics }) };
}

/** A new alarm starts without data; an update keeps the state and replaces the whole configuration. */
function configured(name: string, input: PutMetricAlarmInput, existing: Alarm | undefined, now: number): Alarm {
  const initial: AlarmState = { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', at: now };
  return {
    name,
    arn: alarmArn(name),
    input,
    ...alarmConfiguration(input),
    metricId: existing?.metricId ?? randomUUID(),
    actionsEnabled: input.ActionsEnabled ?? true,
    state: existing?.state ?? initial,
    configuredAt: now,
    evaluateFrom: existing?.evaluateFrom ?? now,
  };
}

function stateByHand(input: SetAlarmStateInput, at: number): AlarmState {
  const { StateValue: value, StateReason: reason, StateReasonData: reasonData } = input;
  if (!STATES.includes(value)) throw new AwsError('ValidationError', `Value '${value}' at 'stateValue' is not a state`);
  if (reason === undefined) throw new AwsError('ValidationError', 'StateReason is required');
  if (reasonData === undefined) return { value, reason, at };
  try {
    JSON.parse(reasonData);
  } catch {
    throw new AwsError('InvalidFormatFault', 'StateReasonData must be a JSON string');
  }
  return { value, reason, reasonData, at };
}

function describePage(alarms: readonly Alarm[], input: DescribeAlarmsInput): object {
  const limit = input.MaxRecords ?? 50;
  if (limit < 1 || limit > 100) throw new AwsError('ValidationError', 'MaxRecords must be between 1 and 100');
  if (input.AlarmNames && input.AlarmNamePrefix !== undefined) {
    throw new AwsError('ValidationError', 'AlarmNames and AlarmNamePrefix cannot be specified together');
  }
  const after = input.NextToken === undefined ? '' : Buffer.from(input.NextToken, 'base64url').toString();
  const found = alarms.filter((alarm) => isAskedFor(alarm, input) && alarm.name > after).sort(byName);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    MetricAlarms: page.map(describeAlarm),
    CompositeAlarms: [],
    ...(last && found.length > limit && { NextToken: Buffer.from(last.name).toString('base64url') }),
  };
}

function isAskedFor(alarm: Alarm, input: DescribeAlarmsInput): boolean {
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = alarm.input;
  const actions = [...OKActions, ...AlarmActions, ...InsufficientDataActions];
  return (
    (input.AlarmNames?.includes(alarm.name) ?? true) &&
    alarm.name.startsWith(input.AlarmNamePrefix ?? '') &&
    (input.AlarmTypes?.includes('MetricAlarm') ?? true) &&
    (input.StateValue ?? alarm.state.value) === alarm.state.value &&
    (input.ActionPrefix === undefined || actions.some((action) => action.startsWith(input.ActionPrefix ?? '')))
  );
}

function byName(left: Alarm, right: Alarm): number {
  return left.name < right.name ? -1 : 1;
}
