import { eachOf } from '../at-once.ts';
import { PART_BYTES } from '../aws/s3/copy-in-parts.ts';
import { readFile, writeFile } from '../aws/s3/files.ts';
import { type ChunkOutcome, PlannedObject, type RestoredObject } from '../contracts.ts';
import { type Chunk, chunkName, outcomeOf } from '../domain/frontend/chunks.ts';
import { A_MINUTE } from '../domain/frontend/patience.ts';
import { PlanFileMissing } from '../errors.ts';
import { beginChunk, doneName } from './claims.ts';
import { readLines, writeLines } from './json-lines.ts';
import { type RestoreSettings, restoreObject } from './restore-object.ts';

const OBJECTS_AT_ONCE = 64;
/** After so many failures for the same cause the rest of a chunk is not tried. */
const HOPELESS = 20;
const SETTINGS: RestoreSettings = { largestCopy: 5 * 1024 ** 3, partBytes: PART_BYTES, patience: A_MINUTE };

export type ChunkRequest = Chunk & {
  /** The bucket whose objects are restored. */
  readonly bucket: string;
  readonly settings?: Partial<RestoreSettings>;
};

/**
 * Carries out one chunk of a plan, and writes down what became of each object. One that was carried out is not touched again; one that
 * was left in the middle is gone on with, each object looked at first. Objects that fail don't stop the others. Throws `ChunkClosed`
 * when an undo has begun, `PlanFileMissing`, `StorageUnavailable`.
 */
export async function restoreChunk({ bucket, folder, kind, number, settings = {} }: ChunkRequest): Promise<ChunkOutcome> {
  const chunk = { folder, kind, number };
  const claimed = await beginChunk(chunk);
  if (claimed.state === 'done') return outcomeOf(kind, claimed.restored);
  const restored = await restoreAll(bucket, await plannedObjects(chunk), { ...SETTINGS, ...settings }, claimed.state === 'again');
  await writeFile(doneName(chunk), writeLines(restored));
  return outcomeOf(kind, restored);
}

/** The lines of a chunk. Throws `PlanFileMissing`. */
export async function plannedObjects(chunk: Chunk): Promise<PlannedObject[]> {
  const name = `${chunkName(chunk)}.jsonl`;
  const file = await readFile(name);
  if (file === null) throw new PlanFileMissing(name);
  return readLines(file.text, PlannedObject);
}

async function restoreAll(
  bucket: string,
  objects: readonly PlannedObject[],
  settings: RestoreSettings,
  repeated: boolean,
): Promise<RestoredObject[]> {
  const failures = new Map<string, number>();
  return eachOf(objects, OBJECTS_AT_ONCE, async (object) => {
    const hopeless = [...failures].find(([, count]) => count >= HOPELESS)?.[0];
    if (hopeless !== undefined) return notTried(object, hopeless);
    const { cause, ...restored } = await restoreObject(bucket, object, settings, repeated);
    if (cause !== undefined) failures.set(cause, (failures.get(cause) ?? 0) + 1);
    return restored;
  });
}

function notTried({ key }: PlannedObject, cause: string): RestoredObject {
  return { key, outcome: 'failed', message: `${key} was not tried, as ${HOPELESS} others failed: ${cause}.` };
}
