import { describe, expect, it } from 'vitest';
import {
  type AlarmRule,
  type Datapoint,
  evaluateAlarm,
  evaluationRange,
  type MissingDataTreatment,
} from '../../local/aws/alarm-evaluation.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

function rule(members: Partial<AlarmRule> = {}): AlarmRule {
  return {
    statistic: 'Maximum',
    period: 60,
    evaluationPeriods: 3,
    threshold: 5,
    comparison: 'GreaterThanThreshold',
    treatMissingData: 'missing',
    ...members,
  };
}

/** `0` within the threshold, `X` breaching, `-` missing; oldest first, as in AWS's tables. */
function range(points: string): Datapoint[] {
  return points.split(' ').map((point, index) => {
    const value = point === 'X' ? 9 : 1;
    const statistics = { sampleCount: 1, sum: value, minimum: value, maximum: value };
    return { at: NOW + index * 60_000, ...(point !== '-' && { statistics }) };
  });
}

function states(points: string, members: Partial<AlarmRule>): string {
  const treatments: MissingDataTreatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
  return treatments
    .map((treatMissingData) => evaluateAlarm(rule({ ...members, treatMissingData }), range(points), NOW)?.value ?? 'retain')
    .join(' ');
}

describe("the tables of CloudWatch's documentation", () => {
  it.each([
    ['0 - X - X', 'OK OK OK OK'],
    ['0 - - - -', 'OK OK OK OK'],
    ['- - - - 0', 'OK OK OK OK'],
    ['- - - - -', 'INSUFFICIENT_DATA retain ALARM OK'],
    ['0 X X - X', 'ALARM ALARM ALARM ALARM'],
    ['- - X - -', 'ALARM retain ALARM OK'],
    ['- - - - X', 'INSUFFICIENT_DATA retain ALARM OK'],
    ['X - - - -', 'ALARM retain ALARM OK'],
  ])('three of three: %s gives %s', (points, expected) => {
    expect(states(points, {})).toBe(expected);
  });

  it.each([
    ['0 - X - X', 'ALARM ALARM ALARM ALARM'],
    ['0 0 X 0 X', 'ALARM ALARM ALARM ALARM'],
    ['0 - X - -', 'OK OK ALARM OK'],
    ['- - - - 0', 'OK OK ALARM OK'],
    ['- - - X -', 'ALARM retain ALARM OK'],
    ['- - - - X', 'INSUFFICIENT_DATA retain ALARM OK'],
  ])('two of three: %s gives %s', (points, expected) => {
    expect(states(points, { datapointsToAlarm: 2 })).toBe(expected);
  });
});

describe('reasons', () => {
  const verdict = (points: string, members: Partial<AlarmRule>) => evaluateAlarm(rule(members), range(points), NOW);
  const one = { evaluationPeriods: 1 } as const;

  it.each<[string, string, Partial<AlarmRule>]>([
    ['X', 'Threshold Crossed: 1 datapoint [9.0 (01/03/26 12:00:00)] was greater than the threshold (5.0).', one],
    ['0', 'Threshold Crossed: 1 datapoint [1.0 (01/03/26 12:00:00)] was not greater than the threshold (5.0).', one],
    ['-', 'Insufficient Data: 1 datapoint was unknown.', one],
    [
      '-',
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
      { ...one, treatMissingData: 'notBreaching' },
    ],
    [
      'X X 0',
      'Threshold Crossed: 2 out of the last 3 datapoints [9.0 (01/03/26 12:01:00), 9.0 (01/03/26 12:00:00)] were greater than ' +
        'the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).',
      { datapointsToAlarm: 2 },
    ],
  ])('%s reads "%s"', (points, reason, members) => {
    expect(verdict(points, members)?.reason).toBe(reason);
  });

  it('names real datapoints with samples and missing ones with their time alone, newest first', () => {
    const data = JSON.parse(verdict('- - X X -', { datapointsToAlarm: 2 })?.reasonData ?? '');
    expect(data).toMatchObject({ version: '1.0', startDate: '2026-03-01T12:02:00.000+0000', recentDatapoints: [9, 9] });
    expect(data.evaluatedDatapoints).toEqual([
      { timestamp: '2026-03-01T12:04:00.000+0000' },
      { timestamp: '2026-03-01T12:03:00.000+0000', sampleCount: 1, value: 9 },
      { timestamp: '2026-03-01T12:02:00.000+0000', sampleCount: 1, value: 9 },
    ]);
  });
});

describe('the evaluation range', () => {
  const starts = (members: Partial<AlarmRule>, at: string) =>
    evaluationRange(rule({ evaluationPeriods: 1, ...members }), Date.parse(at)).map((start) =>
      new Date(start).toISOString().slice(11, 19),
    );

  it('ends with the last complete period', () => {
    expect(starts({}, '2026-03-01T12:04:59.999Z')).toEqual(['12:01:00', '12:02:00', '12:03:00']);
  });

  it('moves by ten seconds for high-resolution alarms', () => {
    expect(starts({ period: 30 }, '2026-03-01T12:04:41Z')).toEqual(['12:03:10', '12:03:40', '12:04:10']);
  });

  it('slides by minutes for longer periods', () => {
    expect(starts({ period: 300 }, '2026-03-01T12:16:10Z')).toEqual(['12:01:00', '12:06:00', '12:11:00']);
  });
});
