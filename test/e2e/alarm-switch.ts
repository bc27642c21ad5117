/** Alarms that a test turns on and off, on the laptop's own CloudWatch: events and DescribeAlarms agree. */
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand, type StateValue } from '@aws-sdk/client-cloudwatch';
import { ACCOUNT_ID, REGION } from '../../local/aws/service.ts';
import type { Theatre } from './harness.ts';

export interface AlarmSwitch {
  /** Makes alarms that no metric moves; they begin as OK unless told. */
  create(names: readonly string[], options?: { readonly muted?: boolean }): Promise<void>;
  /** Gives all of them this state at once. */
  set(names: readonly string[], state: StateValue): Promise<void>;
  /** Puts the event of an alarm that fired at `at` on the bus, whatever the alarm itself says by now. */
  event(name: string, at?: Date): void;
  /** The ids of the bus's events that say a certain alarm fired. */
  firedEvents(name: string): string[];
}

const arnOf = (name: string) => `arn:aws:cloudwatch:${REGION}:${ACCOUNT_ID}:alarm:${name}`;

export const alarmSwitch = ({ aws }: Theatre): AlarmSwitch => {
  const client = new CloudWatchClient({ endpoint: aws.endpoint, region: REGION, credentials: aws.credentials('admin') });
  const set = async (names: readonly string[], state: StateValue) => {
    const reason = `Threshold Crossed: set to ${state} by a test`;
    await Promise.all(
      names.map((name) => client.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: reason }))),
    );
  };
  return {
    async create(names, { muted = false } = {}) {
      const rule = {
        Namespace: 'Test',
        MetricName: 'Errors',
        Statistic: 'Sum',
        ComparisonOperator: 'GreaterThanThreshold',
      } as const;
      const periods = { Period: 60, EvaluationPeriods: 1, Threshold: 1, TreatMissingData: 'ignore', ActionsEnabled: !muted };
      await Promise.all(names.map((name) => client.send(new PutMetricAlarmCommand({ AlarmName: name, ...rule, ...periods }))));
      await set(names, 'OK');
    },
    set,
    event(name, at = new Date()) {
      const timestamp = at.toISOString().replace('Z', '+0000');
      const state = { value: 'ALARM', reason: 'Threshold Crossed: said by a test', timestamp };
      const detail = { alarmName: name, state, previousState: { value: 'OK' }, configuration: {} };
      aws.events.publish({
        source: 'aws.cloudwatch',
        detailType: 'CloudWatch Alarm State Change',
        resources: [arnOf(name)],
        detail,
      });
    },
    firedEvents: (name) =>
      aws.events
        .published()
        .filter(({ source, resources }) => source === 'aws.cloudwatch' && resources.includes(arnOf(name)))
        .filter(({ detail }) => (detail as { state: { value: string } }).state.value === 'ALARM')
        .map(({ id }) => id),
  };
};
