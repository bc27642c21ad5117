import type { Created } from '../aws/s3/changes.ts';
import { headObject } from '../aws/s3/heads.ts';
import type { PlannedObject } from '../contracts.ts';
import { isCopyOf, type ObjectHead } from '../domain/frontend/likeness.ts';
import type { Patience } from '../domain/frontend/patience.ts';
import { sourceOf } from './change-object.ts';

/** A delete marker whose id nobody told. */
const SOME_MARKER: Created = { versionId: '', etag: '' };

/** How an object stands: as `before` the change, as its `target`, or as somebody `else` made it. */
export type Standing =
  | { readonly state: 'before' | 'else' }
  /** By what it came to be so, whoever made it. */
  | { readonly state: 'target'; readonly created: Created };

/** Looks at a planned object. Throws `ObjectUnreadable`, `StorageUnavailable`. */
export async function standingOf(bucket: string, object: PlannedObject, patience?: Patience): Promise<Standing> {
  const { key, before, after } = object;
  const head = await headObject({ bucket, key }, patience);
  if (head === null && after === null) return { state: 'target', created: SOME_MARKER };
  if (head === null) return { state: before === null ? 'before' : 'else' };
  if (head.versionId === before?.versionId) return { state: 'before' };
  if (after === null || !(await isTarget(bucket, { key, after }, head, patience))) return { state: 'else' };
  return { state: 'target', created: { versionId: head.versionId, etag: head.etag } };
}

type Copied = { readonly key: string; readonly after: NonNullable<PlannedObject['after']> };

async function isTarget(bucket: string, { key, after }: Copied, head: ObjectHead, patience?: Patience): Promise<boolean> {
  const source = await headObject(sourceOf(bucket, key, after), patience);
  return source === null ? head.etag === after.etag && head.size === after.size : isCopyOf(head, source);
}
