import * as z from 'zod/mini';
import { writeFile } from '../aws/s3/files.ts';
import { listVersions } from '../aws/s3/listings.ts';
import { type ManifestEntry, ManifestIndex } from '../contracts.ts';
import { ChunkWriter, NOTHING_WRITTEN, Written } from './chunk-writer.ts';
import { Descriptions } from './describe-objects.ts';
import { entriesName, indexName } from './manifests.ts';
import { ahead } from './pages.ts';
import { type Cursor, progressAt, saveProgress } from './progress.ts';

const LIMITS = { lines: 1000, characters: Number.POSITIVE_INFINITY, load: Number.POSITIVE_INFINITY };

export type ManifestRequest = {
  readonly bucket: string;
  readonly prefix: string;
  /** Folder of the service's bucket that the manifest is written to. */
  readonly location: string;
  /** Folder of another release's manifest: objects that it has already are not asked for again. */
  readonly previous?: string | undefined;
  readonly cursor?: Cursor | null | undefined;
  readonly until: Date;
  /** Entries of the bucket a request lists; 1,000 unless told. */
  readonly pageSize?: number;
};

export type Recorded = { state: 'PENDING'; cursor: Cursor } | { state: 'READY'; index: ManifestIndex };

const Progress = z.object({ index: ManifestIndex, lastKey: z.optional(z.string()), written: Written });
type Progress = z.infer<typeof Progress>;

/**
 * Writes down what a bucket holds now. At `until` it stops at the end of a page of the listing: PENDING, and the same request with
 * `cursor` goes on. A repeated request writes the same files again. Objects that a deployment changes meanwhile may be told as before
 * or after it. Throws `BucketUnusable`, `ObjectUnreadable`, `StorageUnavailable`.
 */
export async function recordManifest(request: ManifestRequest): Promise<Recorded> {
  const { bucket, prefix, location, cursor, until, pageSize } = request;
  const progress = (await progressAt(location, cursor, Progress)) ?? begin(request);
  const { index, lastKey } = progress;
  const writer = await ChunkWriter.open((number) => entriesName(location, number), LIMITS, progress.written);
  const descriptions = await Descriptions.open({ bucket, prefix, previous: request.previous, after: lastKey });
  for await (const page of ahead(listVersions({ bucket, prefix, after: lastKey, pageSize }))) {
    for (const entry of await descriptions.of(page)) {
      await writer.add(entry);
      count(index, entry);
    }
    // Behind the last key comes one more page, which is empty.
    if (page.length === 0 || Date.now() < until.getTime()) continue;
    const stopped = { index, lastKey: page.at(-1)?.key ?? lastKey, written: await writer.stop() };
    return { state: 'PENDING', cursor: await saveProgress(location, cursor, stopped) };
  }
  await writer.finish();
  await writeFile(indexName(location), JSON.stringify(index));
  return { state: 'READY', index };
}

/** `takenAt` is the begin: what was written later may be missing. */
function begin({ bucket, prefix }: ManifestRequest): Progress {
  const index = { bucket, prefix, takenAt: new Date().toISOString(), objects: 0, bytes: 0, chunks: [] };
  return { index, written: NOTHING_WRITTEN };
}

/** Adds an entry to the index. It is as long as the bucket has thousands of objects: not copied for each of them. */
function count(index: ManifestIndex, { key, size }: ManifestEntry): void {
  index.objects += 1;
  index.bytes += size;
  const chunk = index.chunks.at(-1);
  if (chunk === undefined || chunk.objects === LIMITS.lines) index.chunks.push({ lastKey: key, objects: 1 });
  else Object.assign(chunk, { lastKey: key, objects: chunk.objects + 1 });
}
