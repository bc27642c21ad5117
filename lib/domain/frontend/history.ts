/** What a listing of versions tells of each key, kept small: a key may have any number of versions. */
import { compareKeys } from './keys.ts';

export type ListedVersion = {
  readonly versionId: string;
  readonly etag: string;
  readonly size: number;
  /** It lies in an archive (GLACIER, DEEP_ARCHIVE) and has no copy to read from now. */
  readonly archived: boolean;
};

/** One line of a listing, newest first within a key. `version` null: a delete marker. `at`: whole seconds, in milliseconds. */
export type Listed = {
  readonly key: string;
  readonly isLatest: boolean;
  readonly at: number;
  readonly version: ListedVersion | null;
};

/** What of a key's past is wanted: the newest entry not after a time (ms), one version by its id, or nothing. */
export type Search = { readonly notAfter: number } | { readonly versionId: string } | null;

export type KeyHistory = {
  readonly key: string;
  /** The object that is there now; null: none, or a delete marker. */
  readonly current: ListedVersion | null;
  /** What the search found; null: nothing yet. */
  readonly found: Listed | null;
  /** A version and a delete marker of the same second, neither the latest: which came last can't be told. The version is kept. */
  readonly ambiguous: boolean;
};

/** A key of which nothing has been listed. */
export function unlisted(key: string): KeyHistory {
  return { key, current: null, found: null, ambiguous: false };
}

/** The history with one more entry. */
export function withEntry(history: KeyHistory, entry: Listed, search: Search): KeyHistory {
  const known = entry.isLatest ? { ...history, current: entry.version } : history;
  if (search === null) return known;
  if ('versionId' in search) return entry.version?.versionId === search.versionId ? { ...known, found: entry } : known;
  return entry.at > search.notAfter ? known : withPast(known, entry);
}

/** The first entry is the newest one, but for a marker and a version of the same second, which a listing's reader can't order. */
function withPast(history: KeyHistory, entry: Listed): KeyHistory {
  const { found } = history;
  if (found === null) return { ...history, found: entry };
  const isTie = entry.at === found.at && (entry.version === null) !== (found.version === null);
  if (!isTie || found.isLatest) return history;
  return { ...history, found: found.version === null ? entry : found, ambiguous: true };
}

/**
 * Versions and delete markers of one page in one order: by key, the latest first, then by time. The SDK hands them out apart; within
 * each the order of the listing is kept.
 */
export function interleaved(versions: readonly Listed[], markers: readonly Listed[]): Listed[] {
  if (markers.length === 0) return [...versions];
  const merged: Listed[] = [];
  let next = 0;
  for (const version of versions) {
    for (let marker = markers[next]; marker !== undefined && precedes(marker, version); marker = markers[next]) {
      merged.push(marker);
      next += 1;
    }
    merged.push(version);
  }
  return [...merged, ...markers.slice(next)];
}

function precedes(marker: Listed, version: Listed): boolean {
  const order = compareKeys(marker.key, version.key);
  if (order !== 0) return order < 0;
  if (marker.isLatest || version.isLatest) return marker.isLatest;
  return marker.at > version.at;
}
