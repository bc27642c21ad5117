import { hash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import type { Database } from './database.ts';

/** Bytes up to which a content lies in the index; larger ones are files. */
const INLINE_LIMIT = 64 * 1024;
const CHUNK = 1024 * 1024;

/** A run of bytes of a content that is found by its SHA-256; of zeros when there is no hash. */
export type Segment = readonly [hash: string | null, offset: number, length: number];

/** A range of bytes, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of all objects, each content once. An object is a list of segments of contents, so that a copy, a part or a huge
 * run of zeros costs no bytes. What no version refers to any more stays until the state folder is removed.
 */
export class Contents {
  readonly #directory: string;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;

  constructor(directory: string, database: Database) {
    this.#directory = join(directory, 'contents');
    this.#insert = database.prepare('INSERT OR IGNORE INTO content (hash, body) VALUES (?, ?)');
    this.#select = database.prepare('SELECT body FROM content WHERE hash = ?');
  }

  /** Keeps a content. */
  add(body: Uint8Array): readonly Segment[] {
    if (body.length === 0) return [];
    const name = hash('sha256', body);
    if (body.length <= INLINE_LIMIT) this.#insert.run(name, body);
    else this.#write(name, body);
    return [[name, 0, body.length]];
  }

  /** The bytes of a range, a mebibyte at most at a time. */
  *read(segments: readonly Segment[], range: ByteRange = { start: 0, end: sizeOf(segments) }): Generator<Buffer> {
    for (const segment of slice(segments, range)) yield* this.#readSegment(segment);
  }

  *#readSegment([name, offset, length]: Segment): Generator<Buffer> {
    if (name === null) {
      for (let left = length; left > 0; left -= CHUNK) yield Buffer.alloc(Math.min(left, CHUNK));
      return;
    }
    const inline = this.#select.get(name)?.body;
    if (inline instanceof Uint8Array) yield Buffer.from(inline.buffer, inline.byteOffset + offset, length);
    else yield* readFile(this.#fileOf(name), offset, length);
  }

  /** A file gets its name once it is whole: a killed process leaves no half content. */
  #write(name: string, body: Uint8Array): void {
    const file = this.#fileOf(name);
    if (existsSync(file)) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, body);
    renameSync(`${file}.part`, file);
  }

  #fileOf(name: string): string {
    return join(this.#directory, name.slice(0, 2), name);
  }
}

function* readFile(file: string, offset: number, length: number): Generator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    for (let done = 0; done < length; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK, length - done));
      const count = readSync(descriptor, chunk, 0, chunk.length, offset + done);
      if (count === 0) throw new Error(`${file} is shorter than the index says`);
      yield chunk.subarray(0, count);
      done += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes in all of the segments. */
export function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, [, , length]) => sum + length, 0);
}

/** The segments of a range of a content. */
export function slice(segments: readonly Segment[], { start, end }: ByteRange): readonly Segment[] {
  const sliced: Segment[] = [];
  let position = 0;
  for (const [name, offset, length] of segments) {
    const from = Math.max(start, position);
    const to = Math.min(end, position + length);
    if (from < to) sliced.push([name, offset + from - position, to - from]);
    position += length;
  }
  return sliced;
}

/** Whether a run of zeros that was never stored is among the segments. */
export function isSparse(segments: readonly Segment[]): boolean {
  return segments.some(([name]) => name === null);
}
