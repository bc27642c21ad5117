import * as z from 'zod/mini';
import { eachOf } from '../at-once.ts';
import { type ChunkCounts, ObjectKind } from '../contracts.ts';
import { type Chunk, NO_CHUNKS } from '../domain/frontend/chunks.ts';
import { Named, NOBODY, named } from '../domain/frontend/tally.ts';
import { NO_LINES, PlanWriter, PlanWritten } from './plan-writer.ts';
import { type Cursor, progressAt, saveProgress } from './progress.ts';
import { PlanSummary, readSummary, writeSummary } from './summaries.ts';
import { type Inverse, inverseOfChunk } from './undone-chunk.ts';

const CHUNKS_AT_ONCE = 8;

export type UndoRequest = {
  readonly source: { readonly bucket: string; readonly prefix: string };
  /** Folder of the plan that was carried out, wholly or in part, and how many chunks it has; absent: nothing was planned. */
  readonly folder: string;
  readonly chunks: ChunkCounts | undefined;
  /** Folder that the inverse is written to. */
  readonly undoFolder: string;
  /** Below the prefix. */
  readonly entryPoints: readonly string[];
  readonly cursor?: Cursor | null | undefined;
  readonly until: Date;
  /** A step that began before this time is no longer at work. */
  readonly oldestRunning: Date;
};

const UndoSummary = z.extend(PlanSummary, {
  /** Objects that the service changed. */
  objects: z.int(),
  /** Objects that somebody else changed meanwhile, and up to 10 of their keys. They are in no chunk. */
  leftCount: z.int(),
  left: z.array(z.string()),
});
type UndoSummary = z.infer<typeof UndoSummary>;

export type PlannedUndo = { state: 'PENDING'; cursor: Cursor } | ({ state: 'READY' } & UndoSummary);

const Progress = z.object({ next: z.int(), objects: z.int(), left: Named, written: PlanWritten });
type Progress = z.infer<typeof Progress>;

/**
 * Writes down the inverse of what was done of a plan, in chunks of the same form. From the first call on nothing more of that plan is
 * begun. PENDING at `until`, or while a step may still be at work: the same request with `cursor` goes on. Once it is READY it stands,
 * and is answered from what was written. Throws `PlanFileMissing`, `ObjectUnreadable`, `StorageUnavailable`.
 */
export async function planUndo(request: UndoRequest): Promise<PlannedUndo> {
  const { source, undoFolder, cursor, until } = request;
  const made = await readSummary(undoFolder, UndoSummary);
  if (made !== null) return { state: 'READY', ...made };
  const progress = (await progressAt(undoFolder, cursor, Progress)) ?? NOTHING_UNDONE;
  const writer = await PlanWriter.open(undoFolder, { ...request, ...source }, progress.written);
  const chunks = chunksOf(request);
  let { next, objects, left } = progress;
  while (next < chunks.length) {
    const inverses = await takeBack(request, chunks.slice(next, next + CHUNKS_AT_ONCE));
    for (const inverse of inverses) {
      for (const line of inverse.lines) await writer.add(line);
      objects += inverse.lines.length;
      left = inverse.left.reduce(named, left);
    }
    next += inverses.length;
    if (next === chunks.length || (inverses.length === CHUNKS_AT_ONCE && Date.now() < until.getTime())) continue;
    const written = await writer.stop();
    return { state: 'PENDING', cursor: await saveProgress(undoFolder, cursor, { next, objects, left, written }) };
  }
  const summary = { chunks: await writer.finish(), objects, leftCount: left.count, left: left.examples };
  await writeSummary(undoFolder, summary);
  return { state: 'READY', ...summary };
}

const NOTHING_UNDONE: Progress = { next: 0, objects: 0, left: NOBODY, written: NO_LINES };

function chunksOf({ folder, chunks = NO_CHUNKS }: UndoRequest): Chunk[] {
  return ObjectKind.options.flatMap((kind) => Array.from({ length: chunks[kind] }, (_, number) => ({ folder, kind, number })));
}

/** The inverses of these chunks, up to the first at which somebody may still be at work. */
async function takeBack({ source, oldestRunning }: UndoRequest, chunks: readonly Chunk[]): Promise<Inverse[]> {
  const inverses = await eachOf(chunks, CHUNKS_AT_ONCE, (chunk) => inverseOfChunk(source.bucket, chunk, oldestRunning));
  const running = inverses.indexOf(null);
  return inverses.slice(0, running === -1 ? undefined : running).filter((inverse) => inverse !== null);
}
