import * as z from 'zod/mini';
import { type ChunkCounts, ObjectKind, type PlannedObject } from '../contracts.ts';
import { chunkName, kindOf } from '../domain/frontend/chunks.ts';
import { ChunkWriter, NOTHING_WRITTEN, Written } from './chunk-writer.ts';

/** What one step restores well within its time: `load` is bytes to copy. */
const LIMITS = { lines: 500, characters: 1024 ** 2, load: 16 * 1024 ** 3 };

export const PlanWritten = z.record(ObjectKind, Written);
export type PlanWritten = z.infer<typeof PlanWritten>;

export const NO_LINES: PlanWritten = { assets: NOTHING_WRITTEN, entries: NOTHING_WRITTEN, removals: NOTHING_WRITTEN };

/** Writes the lines of a plan of objects into the chunks of their kinds. */
export class PlanWriter {
  readonly #writers: Record<ObjectKind, ChunkWriter>;
  readonly #entryPoints: ReadonlySet<string>;

  private constructor(writers: Record<ObjectKind, ChunkWriter>, entryPoints: ReadonlySet<string>) {
    this.#writers = writers;
    this.#entryPoints = entryPoints;
  }

  /** Goes on where `written` says; see `ChunkWriter`. `entryPoints`: below the prefix. */
  static async open(folder: string, { prefix, entryPoints }: Site, written: PlanWritten): Promise<PlanWriter> {
    const open = (kind: ObjectKind) =>
      ChunkWriter.open((number) => `${chunkName({ folder, kind, number })}.jsonl`, LIMITS, written[kind]);
    const [assets, entries, removals] = await Promise.all([open('assets'), open('entries'), open('removals')]);
    return new PlanWriter({ assets, entries, removals }, new Set(entryPoints.map((entryPoint) => prefix + entryPoint)));
  }

  async add({ key, before, after }: PlannedObject): Promise<void> {
    const object = { key, before, after };
    await this.#writers[kindOf(object, this.#entryPoints)].add(object, after?.size ?? 0);
  }

  async stop(): Promise<PlanWritten> {
    return this.#each((writer) => writer.stop());
  }

  async finish(): Promise<ChunkCounts> {
    return this.#each((writer) => writer.finish());
  }

  async #each<T>(work: (writer: ChunkWriter) => Promise<T>): Promise<Record<ObjectKind, T>> {
    const { assets, entries, removals } = this.#writers;
    return { assets: await work(assets), entries: await work(entries), removals: await work(removals) };
  }
}

type Site = { readonly prefix: string; readonly entryPoints: readonly string[] };
