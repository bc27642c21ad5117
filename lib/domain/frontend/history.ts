/** What a listing of versions tells of each key, kept small: a key may have any number of versions. */

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
  /** A version and a delete marker of the same second, neither the latest: which came last is not certain. The version is kept. */
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

/** The first entry is the newest one; but S3 does not say by what it orders a marker and a version of the same second. */
function withPast(history: KeyHistory, entry: Listed): KeyHistory {
  const { found } = history;
  if (found === null) return { ...history, found: entry };
  const isTie = entry.at === found.at && (entry.version === null) !== (found.version === null);
  if (!isTie || found.isLatest) return history;
  return { ...history, found: found.version === null ? entry : found, ambiguous: true };
}
