import * as z from 'zod/mini';
import { ObjectTotals } from '../../contracts.ts';
import type { Decision } from './decision.ts';

/** Keys of a kind named in a refusal or warning. */
const EXAMPLES = 10;

/** How many there are, and the first of their keys. */
export const Named = z.object({ count: z.int(), examples: z.array(z.string()) });
export type Named = z.infer<typeof Named>;

/** What a plan of objects comes to. */
export const Tally = z.object({
  totals: ObjectTotals,
  /** Objects of the target that exist no more, that lie in an archive, and those whose past can't be told for certain. */
  lost: Named,
  archived: Named,
  ambiguous: Named,
});
export type Tally = z.infer<typeof Tally>;

const NONE = { objects: 0, bytes: 0 };
export const NOBODY: Named = { count: 0, examples: [] };

export const EMPTY_TALLY: Tally = {
  totals: { copies: NONE, removals: NONE, unchanged: NONE, target: NONE, current: NONE },
  lost: NOBODY,
  archived: NOBODY,
  ambiguous: NOBODY,
};

/** The tally with one more key. Removals count the bytes of what is removed. */
export function tallied(tally: Tally, { key, before, after, action, ambiguous }: Decision): Tally {
  const { totals } = tally;
  return {
    totals: {
      copies: action === 'copy' ? plus(totals.copies, after) : totals.copies,
      removals: action === 'remove' ? plus(totals.removals, before) : totals.removals,
      unchanged: action === 'keep' ? plus(totals.unchanged, before) : totals.unchanged,
      target: plus(totals.target, after),
      current: plus(totals.current, before),
    },
    lost: action === 'lost' ? named(tally.lost, key) : tally.lost,
    archived: action === 'archived' ? named(tally.archived, key) : tally.archived,
    ambiguous: ambiguous ? named(tally.ambiguous, key) : tally.ambiguous,
  };
}

function plus(totals: ObjectTotals['copies'], object: { readonly size: number } | null): ObjectTotals['copies'] {
  return object === null ? totals : { objects: totals.objects + 1, bytes: totals.bytes + object.size };
}

export function named({ count, examples }: Named, key: string): Named {
  return { count: count + 1, examples: examples.length < EXAMPLES ? [...examples, key] : examples };
}
