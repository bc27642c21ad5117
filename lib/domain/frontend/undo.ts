import type { PlannedObject, RestoredObject } from '../../contracts.ts';

/**
 * The inverse of what was done to one object, as a plan's line: `created` is to make way for what was there before. null: it was not
 * the service that changed it, so there is nothing to take back.
 */
export function inverse({ key, before, after }: PlannedObject, created: RestoredObject['created']): PlannedObject | null {
  if (created === undefined) return null;
  const { versionId, etag } = created;
  const made = after === null ? null : { versionId, etag, size: after.size };
  // A deletion of what was not there: there is nothing to bring back.
  if (made === null && before === null) return null;
  return { key, before: made, after: before };
}
