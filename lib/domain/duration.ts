const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const WORDS = [
  ['d', UNITS.d],
  ['h', UNITS.h],
  ['min', UNITS.m],
  ['s', UNITS.s],
] as const;

/** Milliseconds of a manifest's duration such as `30s`, `15m`, `4h`, `2d`; a RangeError for any other text. */
export function milliseconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (count === undefined || unit === undefined) {
    throw new RangeError(`'${duration}' is no duration: give a number and a unit, such as 30s, 15m, 4h or 2d`);
  }
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** Minutes of a manifest's duration; `30s` is half a minute. */
export function minutes(duration: string): number {
  return milliseconds(duration) / UNITS.m;
}

/** A length of time as people say it, in its two largest units: `2 min 5 s`. Less than a second is `0 s`. */
export function describeDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / UNITS.s) * UNITS.s);
  const first = WORDS.findIndex(([, size]) => rest >= size);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  for (const [word, size] of WORDS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${word}`);
    rest -= count * size;
  }
  return parts.join(' ');
}
