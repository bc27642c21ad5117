/** How often something is looked at that takes nobody knows how long. */
export interface Pace {
  /** Milliseconds until the second look. */
  readonly firstMs: number;
  readonly growth: number;
  readonly longestMs: number;
}

/** So that an end is noticed at most about a tenth of the whole wait late. */
export const BRISK = { firstMs: 100, growth: 1.1 };

/** Milliseconds between the next two looks, by those between the last two. */
export const nextPause = (pauseMs: number, { growth, longestMs }: Pace): number => Math.min(pauseMs * growth, longestMs);
