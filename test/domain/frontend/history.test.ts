import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyHistory, type Listed, type Search, unlisted, withEntry } from '../../../lib/domain/frontend/history.ts';
import { anyPast, type Deed, listingOf, versionOf } from './histories.ts';

const historiesOf = (entries: readonly Listed[], search: Search): KeyHistory[] =>
  [...Map.groupBy(entries, ({ key }) => key)].map(([key, past]) =>
    past.reduce((history, entry) => withEntry(history, entry, search), unlisted(key)),
  );

const ofKey = (deeds: readonly Deed[], key: string) => deeds.filter((deed) => deed.key === key);

describe('the history of a key', () => {
  it('tells what is there now', () => {
    fc.assert(
      fc.property(anyPast, (deeds) => {
        for (const { key, current } of historiesOf(listingOf(deeds), null)) {
          const last = ofKey(deeds, key).at(-1);
          expect(current).toEqual(last === undefined ? null : versionOf(last, deeds));
        }
      }),
    );
  });

  it('tells what was there at a time, or that this can not be told', () => {
    fc.assert(
      fc.property(anyPast, fc.nat(40), (deeds, second) => {
        for (const { key, found, ambiguous } of historiesOf(listingOf(deeds), {
          notAfter: second * 1000,
        })) {
          const past = ofKey(deeds, key).filter((deed) => deed.second <= second);
          const last = past.at(-1);
          const inSameSecond = past.filter((deed) => deed.second === last?.second);
          if (ambiguous) {
            expect(new Set(inSameSecond.map(({ size }) => size === null)).size).toBe(2);
            expect(found?.version).not.toBeNull();
          } else {
            expect(found?.version ?? null).toEqual(last === undefined ? null : versionOf(last, deeds));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never takes for ambiguous what is the latest', () => {
    const deeds: Deed[] = [
      { key: 'a', second: 5, size: 1 },
      { key: 'a', second: 5, size: null },
      { key: 'b', second: 5, size: null },
      { key: 'b', second: 5, size: 2 },
    ];
    const [deleted, put] = historiesOf(listingOf(deeds), { notAfter: 5000 });
    expect(deleted).toMatchObject({ current: null, found: { version: null }, ambiguous: false });
    expect(put).toMatchObject({ current: { size: 2 }, found: { version: { size: 2 } }, ambiguous: false });
  });

  it('keeps an object that was written and removed within one second', () => {
    const deeds: Deed[] = [
      { key: 'a', second: 5, size: 1 },
      { key: 'a', second: 5, size: null },
      { key: 'a', second: 9, size: 3 },
    ];
    const [history] = historiesOf(listingOf(deeds), { notAfter: 7000 });
    expect(history).toMatchObject({ found: { version: { size: 1 } }, ambiguous: true });
  });

  it('finds a version by its id', () => {
    fc.assert(
      fc.property(anyPast, fc.nat(40), (deeds, index) => {
        for (const { key, found } of historiesOf(listingOf(deeds), { versionId: `v${index}` })) {
          const wanted = deeds[index];
          const isOfKey = wanted?.key === key && wanted.size !== null;
          expect(found?.version ?? null).toEqual(isOfKey ? versionOf(wanted, deeds) : null);
        }
      }),
    );
  });
});
