import { describe, expect, it } from 'vitest';
import type { AlarmObservation } from '../../lib/contracts.ts';
import { type MonitorInput, monitorDecision } from '../../lib/domain/monitor.ts';
import { ago, alarm, flow, NOW } from './builders.ts';

type State = AlarmObservation['state'];

/** The change was 21 minutes ago, the watch of 15 minutes began 20 minutes ago. */
function decide(before: State, now: Partial<AlarmObservation>, changes: Partial<MonitorInput> = {}) {
  return monitorDecision({
    baselineAlarms: [alarm({ state: before })],
    alarms: [alarm(now)],
    baselineFlows: [flow(true)],
    flows: [flow(true)],
    changedAt: ago(21),
    startedAt: ago(20),
    forMs: 15 * 60_000,
    now: NOW,
    ...changes,
  });
}

const mended = { state: 'OK', transitionedAt: ago(10), newestDatapointAt: ago(1) } as const;
const early = { startedAt: ago(14) };
const late = { startedAt: ago(30), changedAt: ago(31) };

describe('it is ready', () => {
  it('when the alarm went to OK after the change and the time is over', () => {
    expect(decide('ALARM', mended)).toMatchObject({ state: 'READY', verdict: 'better' });
  });

  it('when the alarm was OK before the change by its state, yet on newer data', () => {
    expect(decide('ALARM', { ...mended, transitionedAt: ago(25) }).state).toBe('READY');
  });

  it('when the alarm went to OK after the change and nothing is known of its data, saying so', () => {
    const decision = decide('ALARM', { ...mended, newestDatapointAt: null });
    expect(decision).toMatchObject({ state: 'READY', verdict: 'better' });
    expect(decision.reasons[0]).toContain('the time of its data unknown');
  });

  it('when nothing was wrong and nothing is', () =>
    expect(decide('OK', { state: 'OK' })).toMatchObject({ state: 'READY', verdict: 'same' }));

  it.each(['INSUFFICIENT_DATA', 'MISSING'] as const)('when the alarm is %s before and after, saying so', (state) => {
    const decision = decide(state, { state });
    expect(decision.state).toBe('READY');
    expect(decision.reasons[0]).toContain(`${state} -> ${state}`);
  });

  it('when the alarm went OK before the last host was changed and stayed so for twice the time', () => {
    const settled = { state: 'OK', transitionedAt: ago(32), newestDatapointAt: ago(32) } as const;
    expect(decide('ALARM', settled, late)).toMatchObject({ state: 'READY', verdict: 'better' });
  });

  it('when there is nothing to watch, once the time is over', () => {
    const nothing = { baselineAlarms: [], alarms: [], baselineFlows: [], flows: [] };
    expect(decide('OK', {}, nothing).state).toBe('READY');
    expect(decide('OK', {}, { ...nothing, ...early }).state).toBe('PENDING');
  });
});

describe('it waits', () => {
  it('until the time is over, however well all looks', () =>
    expect(decide('ALARM', mended, early)).toMatchObject({ state: 'PENDING', verdict: 'unknown' }));
  it('while the alarm still fires', () => expect(decide('ALARM', { state: 'ALARM' }).state).toBe('PENDING'));
  it('while the alarm has no data', () => expect(decide('ALARM', { state: 'INSUFFICIENT_DATA' }).state).toBe('PENDING'));
  it('while a good alarm has lost its data', () => expect(decide('OK', { state: 'INSUFFICIENT_DATA' }).state).toBe('PENDING'));
  it('while a good alarm fires on data of the change itself', () => {
    const restarting = { state: 'ALARM', transitionedAt: ago(1), newestDatapointAt: ago(21) } as const;
    expect(decide('OK', restarting, early)).toMatchObject({ state: 'PENDING', verdict: 'unknown' });
    expect(decide('OK', restarting)).toMatchObject({ state: 'PENDING', verdict: 'unknown' });
    expect(decide('OK', restarting, { startedAt: ago(31) })).toMatchObject({ state: 'FAILED', verdict: 'worse' });
  });

  it('while OK rests on data older than the change', () => {
    expect(decide('ALARM', { state: 'OK', transitionedAt: ago(22), newestDatapointAt: ago(22) }).state).toBe('PENDING');
  });

  it('while OK rests on data older than the change, also when it became OK after the change', () => {
    const decision = decide('ALARM', { state: 'OK', transitionedAt: ago(20), newestDatapointAt: ago(22) });
    expect(decision).toMatchObject({ state: 'PENDING', verdict: 'unknown' });
    expect(decision.reasons[0]).toContain('OK, but not on data newer than the change');
  });
});

describe('it fails', () => {
  it.each([early, {}, late])('at once as worse when a good alarm fires', (when) => {
    expect(decide('OK', { state: 'ALARM' }, when)).toMatchObject({ state: 'FAILED', verdict: 'worse' });
  });

  it('at once as worse when a good flow is bad', () => {
    const decision = decide('ALARM', mended, { ...early, flows: [flow(false)] });
    expect(decision).toMatchObject({ state: 'FAILED', verdict: 'worse' });
    expect(decision.reasons).toContain('flow https://shop.example/: good (200) -> bad (status 502)');
  });

  it('as worse when a flow is bad of which nothing is known before', () => {
    expect(decide('ALARM', mended, { baselineFlows: undefined, flows: [flow(false)] }).verdict).toBe('worse');
  });

  it('as the same when the alarm still fires after twice the time', () => {
    expect(decide('ALARM', { state: 'ALARM' }, late)).toMatchObject({ state: 'FAILED', verdict: 'same' });
  });

  it('as the same when a flow is as bad as before after twice the time', () => {
    const bad = { baselineFlows: [flow(false)], flows: [flow(false)] };
    expect(decide('ALARM', mended, bad).state).toBe('PENDING');
    expect(decide('ALARM', mended, { ...bad, ...late })).toMatchObject({ state: 'FAILED', verdict: 'same' });
  });

  it.each([
    ['ALARM', 'INSUFFICIENT_DATA'],
    ['ALARM', 'MISSING'],
    ['OK', 'INSUFFICIENT_DATA'],
    ['INSUFFICIENT_DATA', 'ALARM'],
  ] as const)('as unknown when an alarm went from %s to %s for twice the time', (before, state) => {
    expect(decide(before, { state }, late)).toMatchObject({ state: 'FAILED', verdict: 'unknown' });
  });
});
