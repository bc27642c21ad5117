import type { ChunkCounts, ChunkOutcome, ChunkRange, ObjectKind, PlannedObject, RestoredObject } from '../../contracts.ts';

/** Items of a Map: their outcomes, with examples, stay under the 256 KiB that a state may hold. */
const LARGEST_MAP = 200;
/** Sentences that an outcome keeps, and characters of each. */
const EXAMPLES = 3;
const EXAMPLE_LENGTH = 300;

export const NO_CHUNKS: ChunkCounts = { assets: 0, entries: 0, removals: 0 };
export const NOTHING_DONE: ChunkOutcome = { copied: 0, removed: 0, conflicts: 0, failed: 0, examples: [] };

/** One chunk of a plan: JSON lines under `<folder>/<kind>-<number>.jsonl` of the service's bucket. */
export type Chunk = { readonly folder: string; readonly kind: ObjectKind; readonly number: number };

/** What the names of a chunk's files begin with. */
export function chunkName({ folder, kind, number }: Chunk): string {
  return `${folder}/${kind}-${padded(number)}`;
}

/** Five digits and more: the order of names is that of numbers up to 99,999. */
export function padded(number: number): string {
  return String(number).padStart(5, '0');
}

/** `entryPoints`: whole keys. A removed entry point is a removal as any other: it goes last. */
export function kindOf({ key, after }: Pick<PlannedObject, 'key' | 'after'>, entryPoints: ReadonlySet<string>): ObjectKind {
  if (after === null) return 'removals';
  return entryPoints.has(key) ? 'entries' : 'assets';
}

/** A kind's chunks for the items of a Map, at most `largest`, none of which has two chunks more than another. */
export function chunkRanges(counts: ChunkCounts | undefined, kind: ObjectKind, largest = LARGEST_MAP): ChunkRange[] {
  const chunks = counts?.[kind] ?? 0;
  const items = Math.min(chunks, largest);
  const first = (item: number) => Math.floor((item * chunks) / items);
  return Array.from({ length: items }, (_, item) => ({ kind, first: first(item), count: first(item + 1) - first(item) }));
}

export function addOutcomes(left: ChunkOutcome, right: ChunkOutcome): ChunkOutcome {
  return {
    copied: left.copied + right.copied,
    removed: left.removed + right.removed,
    conflicts: left.conflicts + right.conflicts,
    failed: left.failed + right.failed,
    examples: [...left.examples, ...right.examples].slice(0, EXAMPLES),
  };
}

/** So many of these, spread over all of them; all if there are no more. */
export function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  const count = Math.min(items.length, most);
  return Array.from({ length: count }, (_, index) => items[Math.floor(index * step)]).filter((item) => item !== undefined);
}

/** What became of a chunk's objects, summed up. Failures make better examples than conflicts. */
export function outcomeOf(kind: ObjectKind, restored: readonly RestoredObject[]): ChunkOutcome {
  const having = (outcome: RestoredObject['outcome']) => restored.filter((object) => object.outcome === outcome);
  const [done, conflicts, failed] = [having('done'), having('conflict'), having('failed')];
  const messages = [...failed, ...conflicts].map(({ key, message = key }) => shortened(message));
  return {
    copied: kind === 'removals' ? 0 : done.length,
    removed: kind === 'removals' ? done.length : 0,
    conflicts: conflicts.length,
    failed: failed.length,
    examples: [...new Set(messages)].slice(0, EXAMPLES),
  };
}

function shortened(message: string): string {
  return message.length <= EXAMPLE_LENGTH ? message : `${message.slice(0, EXAMPLE_LENGTH - 1)}…`;
}
