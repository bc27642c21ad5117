/** With which pauses a request is tried again, and for how long. Milliseconds. */
export type Patience = {
  /** The first pause is at most `first`, then twice that each time, up to `longest`. */
  readonly first: number;
  readonly longest: number;
  /** No attempt is begun later than this after the first. */
  readonly total: number;
};

export const A_MINUTE: Patience = { first: 250, longest: 10_000, total: 60_000 };
export const ONCE: Patience = { first: 0, longest: 0, total: 0 };

/** Milliseconds to wait after a failed attempt (1: the first), with full jitter. `random`: 0 … 1. */
export function pauseAfter(attempt: number, { first, longest }: Patience, random: number): number {
  return Math.min(longest, first * 2 ** (attempt - 1)) * random;
}
