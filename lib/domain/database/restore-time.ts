const SECOND_MS = 1000;

/** The last whole second before a moment (ISO): RDS restores to whole seconds, and what came with the moment must not be in it. */
export function restoreTimeBefore(moment: string): string {
  return new Date((Math.ceil(Date.parse(moment) / SECOND_MS) - 1) * SECOND_MS).toISOString();
}
