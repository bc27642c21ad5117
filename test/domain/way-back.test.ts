import { describe, expect, it } from 'vitest';
import { astray } from '../../lib/domain/way-back.ts';
import { BAD, GOOD, host, observation } from './builders.ts';

type Truth = NonNullable<ReturnType<typeof host>['truth']>;
const truth = host().truth as Truth;
const well = { commit: BAD, services: [{ name: 'fastapi', state: 'active' }], health: { status: 200, version: '1.3.0' } };
const seen = (changes: Partial<Truth> | null) =>
  observation({ hosts: [host('i-1', { truth: changes && { ...truth, ...well, ...changes } })] });
const judge = (before: Partial<Truth>, after: Partial<Truth> | null) =>
  astray({ baseline: seen(before), after: seen(after), captured: new Map([['i-1', BAD]]) });
const down = { services: [{ name: 'fastapi', state: 'failed' }], health: { status: 0, version: null } };

describe('a host after an undo', () => {
  it('is back when it runs its own commit as well as before', () => {
    expect(judge({}, {})).toEqual([]);
  });

  it('is back when it is as bad as it was', () => {
    expect(judge(down, down)).toEqual([]);
  });

  it('is astray when a service that ran does not', () => {
    expect(judge({}, down)).toEqual(['i-1']);
  });

  it('is astray on another commit or without an answer', () => {
    expect(judge({}, { commit: GOOD })).toEqual(['i-1']);
    expect(judge({}, null)).toEqual(['i-1']);
  });

  it('is back whatever its logs say', () => {
    expect(judge({ errorsInLogs: 0 }, { errorsInLogs: 40 })).toEqual([]);
  });
});
