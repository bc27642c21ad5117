import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { A_MINUTE, type Patience, pauseAfter } from '../../domain/frontend/patience.ts';
import { StorageUnavailable } from '../../errors.ts';
import { faultOf } from './faults.ts';

const CONNECTION_MS = 3_000;
/** Of a request that moves little data. */
const REQUEST_MS = 15_000;
/** Requests under way at once: more than any step sends, so that none waits for a socket. */
const SOCKETS = { maxSockets: 128 };

/**
 * The SDK itself never repeats a request: whether that may be done is decided by what the request does. Every request has to be given
 * a time limit by `within`.
 */
export const client = new S3Client({
  maxAttempts: 1,
  followRegionRedirects: true,
  requestHandler: { connectionTimeout: CONNECTION_MS, httpAgent: SOCKETS, httpsAgent: SOCKETS },
});

/** Options of a request that is given up after so many milliseconds, its answer's body included. */
export function within(milliseconds: number = REQUEST_MS): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(Math.ceil(milliseconds)) };
}

/**
 * Sends what may be sent twice (reads, and writes of the same content) until it is answered or patience ends. Throws what S3 refused
 * it with, or `StorageUnavailable` when nobody knows, or S3 only ever said that it is asked too much.
 */
export async function patiently<T>(send: () => Promise<T>, patience: Patience = A_MINUTE): Promise<T> {
  const retries = new Retries(patience);
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'refused' || fault === 'condition') throw error;
      if (!(await retries.wait())) throw new StorageUnavailable(error);
    }
  }
}

/** The pauses between the attempts of one piece of work. */
export class Retries {
  readonly #patience: Patience;
  readonly #begun = Date.now();
  #failed = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Waits before the next attempt; false: there is to be none. */
  async wait(): Promise<boolean> {
    this.#failed += 1;
    const pause = pauseAfter(this.#failed, this.#patience, Math.random());
    if (Date.now() + pause >= this.#begun + this.#patience.total) return false;
    await sleep(pause);
    return true;
  }
}
