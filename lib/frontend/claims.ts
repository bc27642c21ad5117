/** Who may work on a chunk: a file beside it says that it was begun, or that it may not be begun any more. */
import * as z from 'zod/mini';
import { createFile, readFile, replaceFile } from '../aws/s3/files.ts';
import { RestoredObject } from '../contracts.ts';
import { type Chunk, chunkName } from '../domain/frontend/chunks.ts';
import { ChunkClosed } from '../errors.ts';
import { readLines } from './json-lines.ts';

/** `closed`: an undo has begun. `untouched`: nothing was restored before; `interrupted`: nobody knows how much was. */
const Claim = z.object({ at: z.string(), closed: z.optional(z.enum(['untouched', 'interrupted'])) });

export type Claimed = { readonly state: 'fresh' | 'again' } | { readonly state: 'done'; readonly restored: RestoredObject[] };

export type Closed =
  | { readonly state: 'untouched' | 'interrupted' | 'running' }
  | { readonly state: 'done'; readonly restored: RestoredObject[] };

const claimName = (chunk: Chunk): string => `${chunkName(chunk)}.begun`;
export const doneName = (chunk: Chunk): string => `${chunkName(chunk)}.done.jsonl`;

/**
 * Says that a chunk is going to be restored. `again`: it was begun before, and may have been restored in part; `done`: wholly. Throws
 * `ChunkClosed`.
 */
export async function beginChunk(chunk: Chunk): Promise<Claimed> {
  const name = claimName(chunk);
  const claim = JSON.stringify({ at: new Date().toISOString() });
  for (;;) {
    if (await createFile(name, claim)) return { state: 'fresh' };
    const restored = await readDone(chunk);
    if (restored !== null) return { state: 'done', restored };
    const file = await readFile(name);
    if (file === null) continue;
    if (Claim.parse(JSON.parse(file.text)).closed !== undefined) throw new ChunkClosed(chunkName(chunk));
    // Begun anew, so that an undo waits for this attempt too.
    if (await replaceFile(name, claim, file.etag)) return { state: 'again' };
  }
}

/**
 * Sees to it that a chunk is not begun any more, and answers how far it came. `running`: a step that began it after `oldestRunning`
 * may still be at work, so that it is not closed.
 */
export async function closeChunk(chunk: Chunk, oldestRunning: Date): Promise<Closed> {
  const name = claimName(chunk);
  for (;;) {
    const restored = await readDone(chunk);
    if (restored !== null) return { state: 'done', restored };
    if (await createFile(name, closing('untouched'))) return { state: 'untouched' };
    const file = await readFile(name);
    if (file === null) continue;
    const { at, closed } = Claim.parse(JSON.parse(file.text));
    if (closed !== undefined) return { state: closed };
    if (Date.parse(at) > oldestRunning.getTime()) return { state: 'running' };
    if (await replaceFile(name, closing('interrupted'), file.etag)) return { state: 'interrupted' };
  }
}

function closing(closed: 'untouched' | 'interrupted'): string {
  return JSON.stringify({ at: new Date().toISOString(), closed });
}

/** null: it was not restored to its end. */
async function readDone(chunk: Chunk): Promise<RestoredObject[] | null> {
  const file = await readFile(doneName(chunk));
  return file === null ? null : readLines(file.text, RestoredObject);
}
