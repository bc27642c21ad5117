/** How often something is looked at that takes nobody knows how long. */
export interface Pace {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** The part of the whole wait that its end is noticed late, at most, between the shortest pause and the longest. */
const LATENESS = 0.1;

/** Milliseconds until the next look, by how long it has been waited for. */
export const pauseAfter = (waitedMs: number, { shortestMs, longestMs }: Pace): number =>
  Math.min(Math.max(waitedMs * LATENESS, shortestMs), longestMs);
