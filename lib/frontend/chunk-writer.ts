import * as z from 'zod/mini';
import { readFile, writeFile } from '../aws/s3/files.ts';
import { PlanFileMissing } from '../errors.ts';
import { linesOf } from './json-lines.ts';

/** Chunks being written while the next one is filled. */
const WRITES_AT_ONCE = 4;

/** When a chunk is full; the first line is always taken. `load`: a sum of what its lines weigh. */
export type ChunkLimits = { readonly lines: number; readonly characters: number; readonly load: number };

/** Where a writer stands: the chunk it is at, how many lines that has by now, and what they weigh. */
export const Written = z.object({ number: z.int(), lines: z.int(), load: z.number() });
export type Written = z.infer<typeof Written>;

export const NOTHING_WRITTEN: Written = { number: 0, lines: 0, load: 0 };

/**
 * Writes lines of JSON into numbered files. The same lines give the same files, however often it was stopped and gone on with: a
 * chunk that is not full is written too, and read again.
 */
export class ChunkWriter {
  readonly #nameOf: (number: number) => string;
  readonly #limits: ChunkLimits;
  readonly #writes: Promise<void>[] = [];
  #number: number;
  #lines: string[];
  #characters: number;
  #load: number;

  private constructor(nameOf: (number: number) => string, limits: ChunkLimits, { number, load }: Written, lines: string[]) {
    this.#nameOf = nameOf;
    this.#limits = limits;
    this.#number = number;
    this.#lines = lines;
    this.#characters = lines.reduce((sum, line) => sum + line.length + 1, 0);
    this.#load = load;
  }

  /** Goes on where `written` says. Throws `PlanFileMissing` when the chunk it stopped at is gone. */
  static async open(nameOf: (number: number) => string, limits: ChunkLimits, written: Written): Promise<ChunkWriter> {
    if (written.lines === 0) return new ChunkWriter(nameOf, limits, written, []);
    const name = nameOf(written.number);
    const file = await readFile(name);
    if (file === null) throw new PlanFileMissing(name);
    // It may have more: an attempt that went on from here before, and died.
    return new ChunkWriter(nameOf, limits, written, linesOf(file.text).slice(0, written.lines));
  }

  async add(line: unknown, load = 0): Promise<void> {
    const text = JSON.stringify(line);
    const characters = this.#characters + text.length + 1;
    if (characters > this.#limits.characters || this.#load + load > this.#limits.load) await this.#close();
    this.#lines.push(text);
    this.#characters += text.length + 1;
    this.#load += load;
    if (this.#lines.length >= this.#limits.lines) await this.#close();
  }

  /** Writes everything down and answers where to go on. */
  async stop(): Promise<Written> {
    if (this.#lines.length > 0) this.#write();
    await Promise.all(this.#writes.splice(0));
    return { number: this.#number, lines: this.#lines.length, load: this.#load };
  }

  /** Writes the rest and answers how many chunks there are. */
  async finish(): Promise<number> {
    const { number, lines } = await this.stop();
    return lines > 0 ? number + 1 : number;
  }

  async #close(): Promise<void> {
    if (this.#lines.length === 0) return;
    this.#write();
    [this.#number, this.#lines, this.#characters, this.#load] = [this.#number + 1, [], 0, 0];
    if (this.#writes.length > WRITES_AT_ONCE) await this.#writes.shift();
  }

  #write(): void {
    const write = writeFile(this.#nameOf(this.#number), this.#lines.map((line) => `${line}\n`).join(''));
    // Told when it is waited for.
    write.catch(() => undefined);
    this.#writes.push(write);
  }
}
