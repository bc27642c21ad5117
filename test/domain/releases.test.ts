import { describe, expect, it } from 'vitest';
import { isVerified, newestFirst, releaseAt, runningRelease } from '../../lib/domain/releases.ts';
import { ago, BAD, GOOD, NOW, OTHER, release, releases, rollback } from './builders.ts';

const verified = (changes: Parameters<typeof release>[0], next?: string) => {
  const one = release({ status: 'deployed', ...changes });
  const all = next === undefined ? [one] : [one, release({ version: 'next', deployedAt: next })];
  return isVerified(one, all, '30m', NOW);
};

describe('a release is verified', () => {
  it('when somebody says so, however short it ran', () =>
    expect(verified({ status: 'verified', deployedAt: ago(1) })).toBe(true));
  it('when it has run long enough without alarm', () => expect(verified({ deployedAt: ago(30) })).toBe(true));
  it('when its one alarm came after the next release', () =>
    expect(verified({ deployedAt: ago(90), alarmedAt: ago(10) }, ago(40))).toBe(true));
});

describe('a release is not verified', () => {
  it('when it is bad, however long it ran', () => expect(verified({ status: 'bad', deployedAt: ago(900) })).toBe(false));
  it('when it has not run long enough', () => expect(verified({ deployedAt: ago(29) })).toBe(false));
  it('when the next one came too soon', () => expect(verified({ deployedAt: ago(900) }, ago(880))).toBe(false));
  it('when an alarm fired while it ran', () =>
    expect(verified({ deployedAt: ago(90), alarmedAt: ago(50) }, ago(40))).toBe(false));
  it('when it lies in the future', () => expect(verified({ deployedAt: ago(-60) })).toBe(false));
});

it('sorts newest first and leaves the argument alone', () => {
  const given = releases();
  expect(newestFirst(given).map(({ version }) => version)).toEqual(['1.3.0', '1.2.0']);
  expect(given[0]?.version).toBe('1.2.0');
});

describe('the running release', () => {
  it('is the one whose commit the hosts run', () => {
    expect(runningRelease(releases(), [GOOD, GOOD])).toMatchObject({ release: { version: '1.2.0' }, commit: GOOD, mixed: false });
  });

  it('is the newest of those when hosts run different ones', () => {
    expect(runningRelease(releases(), [GOOD, BAD])).toMatchObject({ release: { version: '1.3.0' }, commit: BAD, mixed: true });
  });

  it('is believed to be the newest recorded one when hosts are silent', () => {
    expect(runningRelease(releases(), [])).toMatchObject({ release: { version: '1.3.0' }, mixed: false });
  });

  it('is unknown, with the commit of most hosts, when none of it was recorded', () => {
    expect(runningRelease([], [OTHER, BAD, OTHER])).toEqual({ release: null, commit: OTHER, mixed: true });
  });

  it('is not known at all without answers and records', () => {
    expect(runningRelease([], [])).toEqual({ release: null, commit: null, mixed: false });
  });
});

describe('the release that ran at a time', () => {
  const back = rollback({ status: 'succeeded', to: { version: '1.2.0', commit: GOOD }, requestedAt: ago(30), endedAt: ago(20) });
  const ranAt = (minutes: number, ...rollbacks: Parameters<typeof releaseAt>[1]) =>
    releaseAt(releases(), rollbacks, ago(minutes))?.version;

  it('is the newest that was deployed by then', () => {
    expect(ranAt(10)).toBe('1.3.0');
    expect(ranAt(61)).toBe('1.2.0');
    expect(ranAt(9000)).toBeUndefined();
  });

  it('is the one that a later rollback went to, from its end on', () => {
    expect(ranAt(21, back)).toBe('1.3.0');
    expect(ranAt(20, back)).toBe('1.2.0');
  });

  it('is not one that a rollback did not arrive at, or whose code it left alone', () => {
    for (const changes of [{ status: 'undone' }, { status: 'failed' }, { strategy: 'configuration' }] as const)
      expect(ranAt(10, { ...back, ...changes })).toBe('1.3.0');
  });
});
