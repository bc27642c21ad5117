import type { PlannedObject } from '../../contracts.ts';
import type { KeyHistory, ListedVersion } from './history.ts';

/** An object that the target has. */
export type Wanted = {
  readonly key: string;
  readonly after: NonNullable<PlannedObject['after']>;
  /** It can't be copied from where it lies: it is in an archive (known of an archived build; of versions the listing tells). */
  readonly archived?: boolean;
};

/**
 * `lost`: the wanted version exists no more; `archived`: it has to be restored from its archive first; `none`: neither there nor
 * wanted.
 */
export type Action = 'keep' | 'copy' | 'remove' | 'lost' | 'archived' | 'none';

export type Decision = PlannedObject & { readonly action: Action; readonly ambiguous: boolean };

/** By a release's manifest: unchanged is only the very version that was recorded. `wanted` null: the release has no such key. */
export function decideByManifest(history: KeyHistory, wanted: Wanted | null): Decision {
  if (wanted === null) return decision(history, null, history.current === null ? 'none' : 'remove');
  const { after } = wanted;
  if (isSame(history.current, after)) return decision(history, after, 'keep');
  const listed = history.found?.version ?? null;
  // The null version of a bucket can have been overwritten while its versioning was suspended.
  if (listed === null || !isSame(listed, after)) return decision(history, after, 'lost');
  return decision(history, after, listed.archived ? 'archived' : 'copy');
}

/** By time: what the newest entry not after it says. */
export function decideByTime(history: KeyHistory): Decision {
  const { current, found } = history;
  const version = found?.version ?? null;
  if (version === null) return decision(history, null, current === null ? 'none' : 'remove');
  const { versionId, etag, size } = version;
  const after = { versionId, etag, size };
  if (current?.versionId === versionId) return decision(history, after, 'keep');
  return decision(history, after, version.archived ? 'archived' : 'copy');
}

/**
 * By an archived build: unchanged is what has the same ETag and size. A listing shows no metadata, so that an object which differs
 * in nothing else counts as unchanged; the plan warns of it.
 */
export function decideByArchive(history: KeyHistory, wanted: Wanted | null): Decision {
  const { current } = history;
  if (wanted === null) return decision(history, null, current === null ? 'none' : 'remove');
  const { after } = wanted;
  if (current?.etag === after.etag && current.size === after.size) return decision(history, after, 'keep');
  return decision(history, after, wanted.archived ? 'archived' : 'copy');
}

function isSame(version: ListedVersion | null, { versionId, etag, size }: Wanted['after']): boolean {
  return version?.versionId === versionId && version?.etag === etag && version.size === size;
}

function decision({ key, current, ambiguous }: KeyHistory, after: Decision['after'], action: Action): Decision {
  const before = current === null ? null : { versionId: current.versionId, etag: current.etag, size: current.size };
  return { key, before, after, action, ambiguous };
}
