import { noSuchKey, notImplemented, preconditionFailed } from './errors.ts';
import type { S3Input } from './request.ts';
import type { ObjectVersion } from './versions.ts';

/**
 * Holds a write, if it has conditions, against the object that `findCurrent` says its key has now; a delete marker counts as none.
 * Throws `PreconditionFailed`, or `NoSuchKey` when there is no object to match.
 */
export function checkWrite(findCurrent: () => ObjectVersion | undefined, { Key, IfMatch, IfNoneMatch }: S3Input): void {
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw notImplemented('If-None-Match with an ETag on a write');
    if (findCurrent()) throw preconditionFailed('If-None-Match');
  }
  if (IfMatch === '*') throw notImplemented('If-Match: * on a write');
  if (IfMatch !== undefined) checkMatch(findCurrent(), Key, IfMatch);
}

/**
 * Holds a removal against the object that its key has now; `*` asks for any. Throws as `checkWrite`. That an absent object
 * answers 404 was measured against S3: https://github.com/ministackorg/ministack/issues/1475
 */
export function checkMatch(current: ObjectVersion | undefined, key: string, etag: string): void {
  if (!current) throw noSuchKey(key);
  if (!matches(current, etag)) throw preconditionFailed('If-Match');
}

/** The conditions of a read; of a copy's source, too, where their members begin with `CopySource`. */
export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: string | undefined;
  readonly IfUnmodifiedSince?: string | undefined;
}

/**
 * What a read's conditions say of an object, a matching ETag outweighing any date: `failed` is answered by 412, `unchanged` by
 * 304 (412 for the source of a copy).
 */
export function judgeRead(version: ObjectVersion, conditions: ReadConditions): 'met' | 'failed' | 'unchanged' {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const isNewerThan = (date: string) => Math.floor(version.modified / 1000) * 1000 > Date.parse(date);
  if (IfMatch !== undefined ? !matches(version, IfMatch) : IfUnmodifiedSince !== undefined && isNewerThan(IfUnmodifiedSince)) {
    return 'failed';
  }
  if (IfNoneMatch !== undefined) return matches(version, IfNoneMatch) ? 'unchanged' : 'met';
  return IfModifiedSince !== undefined && !isNewerThan(IfModifiedSince) ? 'unchanged' : 'met';
}

/** Whether an ETag, or one of a list, quoted or not, is the version's. */
function matches(version: ObjectVersion, etags: string): boolean {
  return etags.split(',').some((etag) => etag.trim() === '*' || etag.trim().replace(/^(?:W\/)?"|"$/g, '') === version.etag);
}
