import { describe, expect, it } from 'vitest';
import type { Observation } from '../../lib/contracts.ts';
import { verdict } from '../../lib/domain/verdict.ts';
import { BAD, flow, GOOD, host, observation, truth, wellTruth } from './builders.ts';

const broken = observation();
const well = observation({ hosts: [host('i-1', { truth: wellTruth() })], flows: [flow(true)] });
const afterwards = (changes: Parameters<typeof wellTruth>[0], flows = [flow(true)]) =>
  observation({ hosts: [host('i-1', { truth: wellTruth(changes) })], flows });
const judge = (baseline: Observation, now: Observation, expectedCommit: Record<string, string> = { 'i-1': GOOD }) =>
  verdict({ baseline, after: now, expectedCommit, maxErrors: 0 });

describe('it is better', () => {
  it('when what was bad is good and nothing bad remains', () => {
    expect(judge(broken, well)).toMatchObject({ verdict: 'better', healthy: true });
  });
});

describe('it is the same', () => {
  it('when what was good is still good', () => expect(judge(well, well)).toMatchObject({ verdict: 'same', healthy: true }));

  it('and not healthy when only part of what was bad became good', () => {
    expect(judge(broken, afterwards({}, [flow(false)]))).toMatchObject({ verdict: 'same', healthy: false });
  });

  it('when a service that was dead before is still dead', () => {
    const services = [{ name: 'fastapi', state: 'failed' }];
    const dead = observation({ hosts: [host('i-1', { truth: truth({ services }) })] });
    expect(judge(dead, afterwards({ services }))).toMatchObject({ verdict: 'same', healthy: false });
  });
});

describe('it is worse', () => {
  it.each([
    ['health', afterwards({ health: { status: 503, version: null } })],
    [
      'a service',
      afterwards({
        services: [
          { name: 'fastapi', state: 'active' },
          { name: 'nginx', state: 'failed' },
        ],
      }),
    ],
    ['the logs', afterwards({ errorsInLogs: 1 })],
    ['a flow', afterwards({}, [flow(false)])],
  ])('when %s was good and is bad', (_what, now) => expect(judge(well, now).verdict).toBe('worse'));

  it('when a host does not run what it should, however healthy', () => {
    const judged = judge(broken, afterwards({ commit: BAD }));
    expect(judged.verdict).toBe('worse');
    expect(judged.reasons).toContain('i-1 commit: bbbbbbb -> bbbbbbb, expected aaaaaaa (bad)');
  });
});

describe('it is unknown', () => {
  it('when a changed host gives no answer, whatever the others say', () => {
    const silent = observation({ hosts: [host('i-1', { truth: null })], flows: [flow(false)] });
    expect(judge(well, silent)).toMatchObject({ verdict: 'unknown', healthy: false });
    expect(judge(well, observation({ hosts: [], flows: [flow(true)] })).verdict).toBe('unknown');
  });

  it('when something known before can no longer be told', () =>
    expect(judge(well, afterwards({ errorsInLogs: null })).verdict).toBe('unknown'));
});

it('does not look at hosts that were not changed', () => {
  const withOther = { ...well, hosts: [...well.hosts, host('i-9', { truth: null })] };
  expect(judge(broken, withOther).verdict).toBe('better');
});

it('judges each host by its own commit', () => {
  const two = observation({
    hosts: [host('i-1', { truth: wellTruth() }), host('i-2', { truth: wellTruth({ commit: BAD }) })],
    flows: [],
  });
  expect(judge(two, two, { 'i-1': GOOD, 'i-2': BAD }).verdict).toBe('same');
});

it('says what every check saw before and after', () => {
  expect(judge(broken, well).reasons).toEqual([
    'i-1 commit: bbbbbbb -> aaaaaaa (good)',
    'i-1 fastapi: active -> active (good)',
    'i-1 nginx: active -> active (good)',
    'i-1 health: 500 -> 200 (version 1.2.0) (good, was bad)',
    'i-1 errors in the logs: 7 before, 0 since the change, at most 0 allowed (good, was bad)',
    'flow https://shop.example/: bad (status 502) -> good (200) (good, was bad)',
  ]);
});

it('says what every changed host runs', () => {
  expect(judge(broken, well).hosts).toEqual([
    { id: 'i-1', commit: GOOD, version: '1.2.0', note: 'runs 1.2.0 (aaaaaaa), fastapi active, nginx active, health 200' },
  ]);
  expect(judge(well, observation({ hosts: [] })).hosts).toEqual([
    { id: 'i-1', commit: null, version: null, note: 'gave no answer' },
  ]);
});
