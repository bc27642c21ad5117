import { eachOf } from '../at-once.ts';
import type { PlannedObject, RestoredObject } from '../contracts.ts';
import type { Chunk } from '../domain/frontend/chunks.ts';
import { inverse } from '../domain/frontend/undo.ts';
import { closeChunk } from './claims.ts';
import { plannedObjects } from './restore-chunk.ts';
import { standingOf } from './standing.ts';

const LOOKS_AT_ONCE = 64;

/** What takes a chunk back: its inverse lines, and the keys that somebody else changed, which are left alone. */
export type Inverse = { readonly lines: readonly PlannedObject[]; readonly left: readonly string[] };

/**
 * Ends the work on a chunk and answers its inverse; null: a step that began it after `oldestRunning` may still be at work. What was
 * done is known from what was written down at its end; of what was left in the middle, or failed, each object is looked at. Throws
 * `PlanFileMissing`, `ObjectUnreadable`, `StorageUnavailable`.
 */
export async function inverseOfChunk(bucket: string, chunk: Chunk, oldestRunning: Date): Promise<Inverse | null> {
  const closed = await closeChunk(chunk, oldestRunning);
  if (closed.state === 'running') return null;
  if (closed.state === 'untouched') return { lines: [], left: [] };
  const planned = await plannedObjects(chunk);
  const restored = new Map(closed.state === 'done' ? closed.restored.map((object) => [object.key, object]) : []);
  const inverses = await eachOf(planned, LOOKS_AT_ONCE, (object) => inverseOf(bucket, object, restored.get(object.key)));
  return {
    lines: inverses.filter((line) => line !== null && line !== LEFT),
    left: planned.filter((_, index) => inverses[index] === LEFT).map(({ key }) => key),
  };
}

const LEFT = 'left';

/** null: there is nothing to take back. */
async function inverseOf(
  bucket: string,
  object: PlannedObject,
  restored: RestoredObject | undefined,
): Promise<PlannedObject | null | typeof LEFT> {
  if (restored?.outcome === 'done') return inverse(object, restored.created);
  if (restored?.outcome === 'conflict') return LEFT;
  const standing = await standingOf(bucket, object);
  if (standing.state === 'target') return inverse(object, standing.created);
  return standing.state === 'before' ? null : LEFT;
}
