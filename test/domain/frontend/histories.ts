/** Random pasts of keys, as S3 lists them. */
import fc from 'fast-check';
import type { Listed } from '../../../lib/domain/frontend/history.ts';
import { compareKeys } from '../../../lib/domain/frontend/keys.ts';

/** One thing that was done to a key; `size` null: it was deleted. */
export type Deed = { key: string; second: number; size: number | null };

/** Keys in whose order UTF-8 and UTF-16 differ, among others. */
export const anyKey = fc.constantFrom(
  'a',
  'a/b',
  'a b',
  'b+',
  'ä',
  '\u{e000}',
  '\u{ffff}',
  '\u{10000}',
  '\u{1f600}/x',
  'z%',
  '..',
  '//',
);

export const anyPast = fc
  .array(fc.record({ key: anyKey, pause: fc.nat(2), size: fc.option(fc.nat(3), { freq: 3 }) }), { maxLength: 40 })
  .map((steps) => {
    let second = 0;
    return steps.map(({ key, pause, size }): Deed => {
      second += pause;
      return { key, second, size };
    });
  });

const idOf = (deed: Deed, deeds: readonly Deed[]) => `v${deeds.indexOf(deed)}`;

/** What a version of this deed is called in the listing of all. */
export const versionOf = (deed: Deed, deeds: readonly Deed[]) =>
  deed.size === null ? null : { versionId: idOf(deed, deeds), etag: `e${deed.size}`, size: deed.size, archived: false };

/** The listing in its true order: by key, newest first. */
export function listingOf(deeds: readonly Deed[]): Listed[] {
  const newestFirst = deeds.toReversed().toSorted((a, b) => compareKeys(a.key, b.key));
  return newestFirst.map((deed, index) => ({
    key: deed.key,
    isLatest: newestFirst[index - 1]?.key !== deed.key,
    at: deed.second * 1000,
    version: versionOf(deed, deeds),
  }));
}
