import { afterEach, describe, expect, it } from 'vitest';
import { createMonitoring } from '../../local/aws/monitoring.ts';
import type { BusEvent } from '../../local/aws/service.ts';
import { callerOf, fakeCall, testClock } from './fake-call.ts';

const ARN = 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:app-5xx';
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function setUp(denied: readonly string[] = []) {
  const clock = testClock();
  const events: BusEvent[] = [];
  const service = createMonitoring({ publish: (event) => events.push(event), now: clock.now });
  closing.push(service.close);
  const call = callerOf(service, fakeCall(denied));
  return {
    call,
    events,
    clock,
    putAlarm: (members: object = {}) => call('PutMetricAlarm', { ...ALARM, ...members }),
    putValue: (value: number, members: object = {}) =>
      call('PutMetricData', {
        Namespace: 'App',
        MetricData: [{ MetricName: '5xx', Value: value, StorageResolution: 1, ...members }],
      }),
    /** The alarm after the clock moved on and the timer ran. */
    later: async (seconds: number) => {
      clock.forward(seconds);
      service.evaluate();
      return (await call('DescribeAlarms', { AlarmNames: ['app-5xx'] })).MetricAlarms[0];
    },
  };
}

const ALARM = {
  AlarmName: 'app-5xx',
  AlarmDescription: 'too many errors',
  Namespace: 'App',
  MetricName: '5xx',
  Statistic: 'Sum',
  Period: 10,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
};

describe('an alarm', () => {
  it('goes to ALARM once the breaching period is complete, and to OK once a good one is', async () => {
    const { putAlarm, putValue, later, events } = setUp();
    await putAlarm();
    await putValue(4);
    await putValue(3);
    expect((await later(9)).StateValue).toBe('INSUFFICIENT_DATA');
    const alarm = await later(1);
    expect(alarm).toMatchObject({ StateValue: 'ALARM', AlarmArn: ARN, ActionsEnabled: true, Period: 10 });
    expect(alarm.StateReason).toBe(
      'Threshold Crossed: 1 datapoint [7.0 (01/03/26 12:00:00)] was greater than the threshold (5.0).',
    );
    expect(JSON.parse(alarm.StateReasonData)).toEqual({
      version: '1.0',
      queryDate: '2026-03-01T12:00:10.000+0000',
      startDate: '2026-03-01T12:00:00.000+0000',
      statistic: 'Sum',
      period: 10,
      recentDatapoints: [7],
      threshold: 5,
      evaluatedDatapoints: [{ timestamp: '2026-03-01T12:00:00.000+0000', sampleCount: 2, value: 7 }],
    });

    await putValue(0);
    const good = await later(10);
    expect(good.StateValue).toBe('OK');
    expect(good.StateTransitionedTimestamp).toEqual(new Date('2026-03-01T12:00:20Z'));
    expect(JSON.parse(good.StateReasonData).evaluatedDatapoints).toEqual([
      { timestamp: '2026-03-01T12:00:10.000+0000', sampleCount: 1, value: 0 },
    ]);
    expect(events.map(({ detail }) => (detail as { state: { value: string } }).state.value)).toEqual(['ALARM', 'OK']);
  });

  it('publishes the event that CloudWatch sends', async () => {
    const { putAlarm, putValue, later, events } = setUp();
    await putAlarm({ Dimensions: [{ Name: 'Service', Value: 'api' }], ActionsEnabled: false });
    await putValue(6, { Dimensions: [{ Name: 'Service', Value: 'api' }] });
    await later(10);
    expect(events).toEqual([
      {
        source: 'aws.cloudwatch',
        detailType: 'CloudWatch Alarm State Change',
        resources: [ARN],
        detail: {
          alarmName: 'app-5xx',
          state: {
            value: 'ALARM',
            reason: expect.stringContaining('Threshold Crossed'),
            reasonData: expect.stringContaining('"evaluatedDatapoints":[{"timestamp":"2026-03-01T12:00:00.000+0000"'),
            timestamp: '2026-03-01T12:00:10.000+0000',
          },
          previousState: {
            value: 'INSUFFICIENT_DATA',
            reason: 'Unchecked: Initial alarm creation',
            timestamp: '2026-03-01T12:00:00.000+0000',
          },
          configuration: {
            description: 'too many errors',
            metrics: [
              {
                id: expect.any(String),
                metricStat: {
                  metric: { namespace: 'App', name: '5xx', dimensions: { Service: 'api' } },
                  period: 10,
                  stat: 'Sum',
                },
                returnData: true,
              },
            ],
          },
        },
      },
    ]);
  });

  it('stays in ALARM on the last data there is, then lacks data', async () => {
    const { putAlarm, putValue, later } = setUp();
    await putAlarm();
    await putValue(9);
    expect((await later(10)).StateValue).toBe('ALARM');
    expect((await later(20)).StateValue).toBe('ALARM');
    const stale = await later(10);
    expect(stale.StateReason).toBe('Insufficient Data: 1 datapoint was unknown.');
    expect(JSON.parse(stale.StateReasonData)).toMatchObject({
      recentDatapoints: [],
      evaluatedDatapoints: [{ timestamp: expect.any(String) }],
    });
  });

  it('keeps its state without data when missing data is ignored', async () => {
    const { putAlarm, putValue, later } = setUp();
    await putAlarm({ TreatMissingData: 'ignore' });
    await putValue(9);
    await later(10);
    expect((await later(600)).StateValue).toBe('ALARM');
  });

  it('sees values of standard resolution at the start of their minute only', async () => {
    const { putAlarm, putValue, later, clock } = setUp();
    await putAlarm({ Period: 60 });
    clock.forward(45);
    await putValue(9, { StorageResolution: 60 });
    expect((await later(14)).StateValue).toBe('INSUFFICIENT_DATA');
    const alarm = await later(1);
    expect(JSON.parse(alarm.StateReasonData).evaluatedDatapoints[0].timestamp).toBe('2026-03-01T12:00:00.000+0000');
  });

  it('keeps its state when it is configured anew', async () => {
    const { putAlarm, putValue, later } = setUp();
    await putAlarm();
    await putValue(9);
    await later(10);
    await putAlarm({ Threshold: 1 });
    expect(await later(0)).toMatchObject({ StateValue: 'ALARM', Threshold: 1 });
  });
});

describe('SetAlarmState', () => {
  it('stands until the next evaluation, one step later, and sends events both ways', async () => {
    const { call, putAlarm, later, events } = setUp();
    await putAlarm({ TreatMissingData: 'notBreaching' });
    await later(10);
    const data = JSON.stringify({ drill: true });
    await call('SetAlarmState', { AlarmName: 'app-5xx', StateValue: 'ALARM', StateReason: 'drill', StateReasonData: data });
    expect(await later(9)).toMatchObject({ StateValue: 'ALARM', StateReason: 'drill', StateReasonData: data });
    expect((await later(1)).StateValue).toBe('OK');
    expect(events).toHaveLength(3);
  });

  it('sends no event when the state is the same already', async () => {
    const { call, putAlarm, events } = setUp();
    await putAlarm();
    await call('SetAlarmState', { AlarmName: 'app-5xx', StateValue: 'INSUFFICIENT_DATA', StateReason: 'again' });
    expect(events).toEqual([]);
  });

  it('refuses an unknown alarm and data that is no JSON', async () => {
    const { call, putAlarm } = setUp();
    const input = { AlarmName: 'app-5xx', StateValue: 'ALARM', StateReason: 'drill' };
    await expect(call('SetAlarmState', input)).rejects.toMatchObject({ code: 'ResourceNotFound' });
    await putAlarm();
    await expect(call('SetAlarmState', { ...input, StateReasonData: 'no' })).rejects.toMatchObject({
      code: 'InvalidFormatFault',
    });
  });
});

describe('PutMetricData', () => {
  it.each<[string, object, string, number]>([
    ['Values with Counts', { Values: [2, 4], Counts: [3, 1] }, 'Average', 2.5],
    ['Values with Counts', { Values: [2, 4], Counts: [3, 1] }, 'SampleCount', 4],
    ['Values without Counts', { Values: [2, 4] }, 'Sum', 6],
    ['StatisticValues', { StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 1, Maximum: 9 } }, 'Average', 5],
    ['StatisticValues', { StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 1, Maximum: 9 } }, 'Minimum', 1],
    ['a timestamp in epoch seconds', { Value: 3, Timestamp: 1772366404 }, 'Maximum', 3],
    ['a timestamp as a date', { Value: 3, Timestamp: new Date('2026-03-01T12:00:04Z') }, 'Maximum', 3],
    ['a timestamp as text', { Value: 3, Timestamp: '2026-03-01T12:00:04Z' }, 'Maximum', 3],
  ])('takes %s: %j has %s %d', async (_name, datum, Statistic, value) => {
    const { call, putAlarm, later } = setUp();
    await putAlarm({ Statistic });
    await call('PutMetricData', { Namespace: 'App', MetricData: [{ MetricName: '5xx', StorageResolution: 1, ...datum }] });
    expect(JSON.parse((await later(10)).StateReasonData).recentDatapoints).toEqual([value]);
  });

  it.each([
    ['the namespace of AWS', { Namespace: 'AWS/EC2', MetricData: [] }, 'InvalidParameterValueException'],
    ['no namespace', { MetricData: [] }, 'MissingRequiredParameterException'],
    ['no value', { Namespace: 'App', MetricData: [{ MetricName: 'a' }] }, 'MissingRequiredParameterException'],
    [
      'two kinds of value',
      { Namespace: 'App', MetricData: [{ MetricName: 'a', Value: 1, Values: [1] }] },
      'InvalidParameterCombinationException',
    ],
    [
      'uneven counts',
      { Namespace: 'App', MetricData: [{ MetricName: 'a', Values: [1], Counts: [1, 2] }] },
      'InvalidParameterValueException',
    ],
    [
      'another resolution',
      { Namespace: 'App', MetricData: [{ MetricName: 'a', Value: 1, StorageResolution: 5 }] },
      'InvalidParameterValueException',
    ],
    [
      'an old timestamp',
      { Namespace: 'App', MetricData: [{ MetricName: 'a', Value: 1, Timestamp: '2025-01-01T00:00:00Z' }] },
      'InvalidParameterValueException',
    ],
  ])('refuses %s', async (_name, input, code) => {
    await expect(setUp().call('PutMetricData', input)).rejects.toMatchObject({ code });
  });
});

describe('PutMetricAlarm', () => {
  it.each([
    ['a period of 15 s', { Period: 15 }],
    ['more datapoints than periods', { DatapointsToAlarm: 2 }],
    ['more than a day', { Period: 3600, EvaluationPeriods: 25 }],
    ['an unknown operator', { ComparisonOperator: 'EqualToThreshold' }],
    ['an unknown treatment', { TreatMissingData: 'guess' }],
    ['no threshold', { Threshold: undefined }],
    ['metric math', { MetricName: undefined, Metrics: [] }],
  ])('refuses %s', async (_name, members) => {
    await expect(setUp().putAlarm(members)).rejects.toMatchObject({ code: 'ValidationError' });
  });
});

describe('DescribeAlarms', () => {
  it('pages, and filters by prefix and state', async () => {
    const { call, putAlarm } = setUp();
    for (const AlarmName of ['b-2', 'a-1', 'b-1', 'b-3']) await putAlarm({ AlarmName });
    await call('SetAlarmState', { AlarmName: 'b-2', StateValue: 'ALARM', StateReason: 'drill' });
    const names = (page: { MetricAlarms: { AlarmName: string }[] }) => page.MetricAlarms.map(({ AlarmName }) => AlarmName);
    const first = await call('DescribeAlarms', { AlarmNamePrefix: 'b-', MaxRecords: 2 });
    expect(names(first)).toEqual(['b-1', 'b-2']);
    const second = await call('DescribeAlarms', { AlarmNamePrefix: 'b-', MaxRecords: 2, NextToken: first.NextToken });
    expect([names(second), second.NextToken]).toEqual([['b-3'], undefined]);
    expect(names(await call('DescribeAlarms', { StateValue: 'ALARM' }))).toEqual(['b-2']);
  });

  it('shows actions disabled and enabled, and no deleted alarm', async () => {
    const { call, putAlarm, later } = setUp();
    await putAlarm();
    await call('DisableAlarmActions', { AlarmNames: ['app-5xx'] });
    expect((await later(0)).ActionsEnabled).toBe(false);
    await call('EnableAlarmActions', { AlarmNames: ['app-5xx'] });
    expect((await later(0)).ActionsEnabled).toBe(true);
    await call('DeleteAlarms', { AlarmNames: ['app-5xx'] });
    expect(await later(0)).toBeUndefined();
  });

  it('takes the permission', async () => {
    const { call } = setUp(['cloudwatch:DescribeAlarms']);
    await expect(call('DescribeAlarms')).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});
