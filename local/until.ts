import { setTimeout as pause } from 'node:timers/promises';

/** Something that had to become true did not in time. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/** Asks until there is an answer. Throws `NotInTime` that says `what` after `withinMs`. */
export async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>, everyMs = 200): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new NotInTime(`${what}: not within ${Math.round(withinMs / 1000)} s`);
    await pause(everyMs);
  }
}
