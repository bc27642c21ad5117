import { CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it } from 'vitest';
import { observeAlarms } from '../../../lib/aws/cloudwatch.ts';
import { awsError } from '../faults.ts';

const cloudwatch = mockClient(CloudWatchClient);
const transition = new Date('2026-11-22T03:10:00.000Z');
const alarm = (changes: Partial<MetricAlarm> = {}): MetricAlarm => ({
  AlarmName: 'slow',
  StateValue: 'OK',
  StateTransitionedTimestamp: transition,
  ActionsEnabled: true,
  ...changes,
});
const observe = async (changes: Partial<MetricAlarm>) => {
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [alarm(changes)] });
  return (await observeAlarms(['slow']))[0];
};
const newest = async (reasonData: object) => (await observe({ StateReasonData: JSON.stringify(reasonData) }))?.newestDatapointAt;

beforeEach(() => cloudwatch.reset());

describe('observing alarms', () => {
  it('answers metric and composite alarms in the order asked for; a missing one is an observation too', async () => {
    cloudwatch.on(DescribeAlarmsCommand).resolves({
      MetricAlarms: [alarm({ StateValue: 'ALARM' })],
      CompositeAlarms: [{ AlarmName: 'any', StateValue: 'OK', ActionsEnabled: true, ActionsSuppressedBy: 'WaitPeriod' }],
    });
    const common = { transitionedAt: null, newestDatapointAt: null };
    expect(await observeAlarms(['gone', 'any', 'slow', 'slow'])).toEqual([
      { ...common, name: 'gone', state: 'MISSING', actionsEnabled: false },
      { ...common, name: 'any', state: 'OK', actionsEnabled: false },
      { ...common, name: 'slow', state: 'ALARM', actionsEnabled: true, transitionedAt: transition.toISOString() },
    ]);
    expect(cloudwatch).toHaveReceivedCommandWith(DescribeAlarmsCommand, {
      AlarmNames: ['gone', 'any', 'slow'],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
  });

  it('asks for at most 100 names a call and reads every page', async () => {
    cloudwatch
      .on(DescribeAlarmsCommand)
      .resolvesOnce({ MetricAlarms: [alarm({ AlarmName: 'alarm-0' })], NextToken: 'more' })
      .resolvesOnce({ MetricAlarms: [alarm({ AlarmName: 'alarm-1' })] })
      .resolvesOnce({ MetricAlarms: [alarm({ AlarmName: 'alarm-149' })] });
    const names = Array.from({ length: 150 }, (_, index) => `alarm-${index}`);
    const found = (await observeAlarms(names)).filter(({ state }) => state === 'OK');
    expect(found.map(({ name }) => name)).toEqual(['alarm-0', 'alarm-1', 'alarm-149']);
    expect(cloudwatch.commandCalls(DescribeAlarmsCommand).map(({ args }) => args[0].input.AlarmNames?.length)).toEqual([
      100, 100, 50,
    ]);
  });

  it('asks nothing for no names', async () => {
    expect(await observeAlarms([])).toEqual([]);
    expect(cloudwatch).not.toHaveReceivedCommand(DescribeAlarmsCommand);
  });

  it('passes errors on', async () => {
    cloudwatch.on(DescribeAlarmsCommand).rejects(awsError('AccessDenied', 403));
    await expect(observeAlarms(['slow'])).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('finds the newest data point of the last change of state', async () => {
    const evaluatedDatapoints = [
      { timestamp: '2026-11-22T03:08:00.000+0000', value: 1 },
      { timestamp: '2026-11-22T03:09:00.000+0000', value: 0 },
      { timestamp: '2026-11-22T03:07:00.000+0000' },
    ];
    expect(await newest({ version: '1.0', queryDate: '2026-11-22T03:10:00.000+0000', evaluatedDatapoints })).toBe(
      '2026-11-22T03:09:00.000Z',
    );
    const withoutTimes = { queryDate: '2026-11-22T03:10:00.000+0000', period: 60, recentDatapoints: [1, 0] };
    expect(await newest(withoutTimes)).toBe('2026-11-22T03:09:00.000Z');
    expect(await newest({ ...withoutTimes, recentDatapoints: [] })).toBeNull();
    const composite = { triggeringAlarms: [{ arn: 'a', state: { value: 'OK', timestamp: '2026-11-22T03:05:00.000+0000' } }] };
    expect(await newest(composite)).toBe('2026-11-22T03:05:00.000Z');
  });

  it.each([
    '',
    'no json',
    '[]',
    '7',
    '{"evaluatedDatapoints":"x","recentDatapoints":[1]}',
    '{"evaluatedDatapoints":[{"timestamp":"soon"}]}',
  ])('takes reason data %j for none', async (StateReasonData) => {
    expect(await observe({ StateReasonData })).toMatchObject({ state: 'OK', newestDatapointAt: null });
  });
});
