import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decision,
  decideByArchive,
  decideByManifest,
  decideByTime,
  type Wanted,
} from '../../../lib/domain/frontend/decision.ts';
import { type KeyHistory, type ListedVersion, unlisted, withEntry } from '../../../lib/domain/frontend/history.ts';
import { EMPTY_TALLY, tallied } from '../../../lib/domain/frontend/tally.ts';
import { anyPast, type Deed, listingOf } from './histories.ts';

const version = (id: string, changes: Partial<ListedVersion> = {}): ListedVersion => ({
  versionId: id,
  etag: `etag-${id}`,
  size: 10,
  archived: false,
  ...changes,
});
const history = (changes: Partial<KeyHistory> = {}): KeyHistory => ({ ...unlisted('k'), ...changes });
const found = (listed: ListedVersion | null) => ({ key: 'k', isLatest: false, at: 0, version: listed });
const wanted = (id: string, changes: Partial<Wanted> = {}): Wanted => {
  const { versionId, etag, size } = version(id);
  return { key: 'k', after: { versionId, etag, size }, ...changes };
};

describe('by a manifest', () => {
  it('keeps the very version that was recorded', () => {
    expect(decideByManifest(history({ current: version('1') }), wanted('1')).action).toBe('keep');
  });

  it('brings back a version with the same content, as its metadata may differ', () => {
    const current = version('2', { etag: 'etag-1' });
    expect(decideByManifest(history({ current, found: found(version('1')) }), wanted('1'))).toMatchObject({
      action: 'copy',
      before: { versionId: '2', etag: 'etag-1', size: 10 },
      after: { versionId: '1' },
    });
  });

  it('brings back what was deleted, and removes what was not recorded', () => {
    expect(decideByManifest(history({ found: found(version('1')) }), wanted('1'))).toMatchObject({
      action: 'copy',
      before: null,
    });
    expect(decideByManifest(history({ current: version('2') }), null)).toMatchObject({ action: 'remove', after: null });
    expect(decideByManifest(history(), null).action).toBe('none');
  });

  it('tells versions that are gone, overwritten or archived', () => {
    const current = version('2');
    expect(decideByManifest(history({ current }), wanted('1')).action).toBe('lost');
    expect(decideByManifest(history({ current, found: found(version('1', { size: 11 })) }), wanted('1')).action).toBe('lost');
    expect(decideByManifest(history({ current, found: found(version('1', { archived: true })) }), wanted('1')).action).toBe(
      'archived',
    );
  });

  it('does not mind an archived version that is the current one', () => {
    expect(decideByManifest(history({ current: version('1', { archived: true }) }), wanted('1')).action).toBe('keep');
  });
});

describe('by an archive', () => {
  const built = { key: 'k', after: { etag: 'etag-1', size: 10, bucket: 'builds', key: 'v1/k' } };

  it('keeps what has the same content', () => {
    expect(decideByArchive(history({ current: version('7', { etag: 'etag-1' }) }), built).action).toBe('keep');
    expect(decideByArchive(history({ current: version('7', { etag: 'etag-1', size: 9 }) }), built).action).toBe('copy');
  });

  it('brings back, removes and tells what is archived', () => {
    expect(decideByArchive(history(), built)).toMatchObject({ action: 'copy', before: null, after: { bucket: 'builds' } });
    expect(decideByArchive(history({ current: version('7') }), null).action).toBe('remove');
    expect(decideByArchive(history(), { ...built, archived: true }).action).toBe('archived');
  });
});

/** What a bucket holds: by key, the index of the deed that made it so. */
const stateAt = (deeds: readonly Deed[], second = Number.POSITIVE_INFINITY): Map<string, number> => {
  const state = new Map<string, number>();
  for (const [index, deed] of deeds.entries()) {
    if (deed.second > second) break;
    if (deed.size === null) state.delete(deed.key);
    else state.set(deed.key, index);
  }
  return state;
};

/** Replays decisions on what there is. */
const carriedOut = (state: ReadonlyMap<string, number>, decisions: readonly Decision[]): Map<string, number> => {
  const result = new Map(state);
  for (const { key, action, after } of decisions) {
    if (action === 'remove') result.delete(key);
    if (action === 'copy') result.set(key, Number(after?.versionId?.slice(1)));
  }
  return result;
};

const historiesOf = (deeds: readonly Deed[], search: { notAfter: number } | null) =>
  [...Map.groupBy(listingOf(deeds), ({ key }) => key)].map(([key, past]) =>
    past.reduce((known, entry) => withEntry(known, entry, search), unlisted(key)),
  );

describe('all decisions together', () => {
  it('make of any bucket what it was at any time', () => {
    fc.assert(
      fc.property(anyPast, fc.nat(40), (deeds, second) => {
        const decisions = historiesOf(deeds, { notAfter: second * 1000 }).map(decideByTime);
        const certain = decisions.filter(({ ambiguous }) => !ambiguous);
        const result = carriedOut(stateAt(deeds), certain);
        const then = stateAt(deeds, second);
        for (const { key } of certain) expect(result.get(key)).toBe(then.get(key));
      }),
    );
  });

  it('count every object once', () => {
    fc.assert(
      fc.property(anyPast, fc.nat(40), (deeds, second) => {
        const { totals } = historiesOf(deeds, { notAfter: second * 1000 })
          .map(decideByTime)
          .reduce(tallied, EMPTY_TALLY);
        expect(totals.current.objects).toBe(stateAt(deeds).size);
        expect(totals.copies.objects + totals.unchanged.objects).toBe(totals.target.objects);
        const overwritten = totals.current.objects - totals.unchanged.objects - totals.removals.objects;
        expect(overwritten).toBeGreaterThanOrEqual(0);
        expect(totals.copies.objects).toBeGreaterThanOrEqual(overwritten);
      }),
    );
  });

  it('name at most ten of what is lost', () => {
    const lost = Array.from({ length: 12 }, (_, index) => decideByManifest(unlisted(`k${index}`), wanted('1')));
    const tally = lost.reduce(tallied, EMPTY_TALLY);
    expect(tally.lost).toEqual({ count: 12, examples: Array.from({ length: 10 }, (_, index) => `k${index}`) });
    expect(tally.totals.target).toEqual({ objects: 12, bytes: 120 });
  });
});
