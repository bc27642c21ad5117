import { matchesGlob } from 'node:path';

/** States that an instance doesn't leave by itself. */
const FINAL_FAILURES = [
  'failed',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'restore-error',
] as const;
export type FinalFailure = (typeof FINAL_FAILURES)[number];

export function isFinalFailure(status: string): status is FinalFailure {
  return FINAL_FAILURES.some((failure) => failure === status);
}

/** The failures that wait for their instance. */
export class Failures {
  readonly #waiting: { readonly pattern: string; readonly state: FinalFailure }[] = [];

  add(pattern: string, state: FinalFailure): void {
    this.#waiting.push({ pattern, state });
  }

  /** The state that work on an instance of this name has to end in, if any; each counts once. */
  take(identifier: string): FinalFailure | undefined {
    const index = this.#waiting.findIndex(({ pattern }) => matchesGlob(identifier, pattern));
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.state;
  }
}
