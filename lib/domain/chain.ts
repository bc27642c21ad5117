import { createHash } from 'node:crypto';
import type { Rollback, RollbackEvent } from '../contracts.ts';

/** What stands before the first event of every rollback. */
export const GENESIS = '0'.repeat(64);

export type ChainState = { intact: true } | { intact: false; seq: number; problem: string };

/** SHA-256, in hexadecimal, over the event as canonical JSON: keys sorted at every depth, absent values left out. */
export function hashEvent(event: Omit<RollbackEvent, 'hash'>): string {
  return createHash('sha256').update(canonical(event)).digest('hex');
}

/**
 * Whether events in the order of `seq` are what was once written. With the header's `head`, kept apart from the events, a
 * tail that was cut off or added is noticed too; leave it out while a rollback runs, since both change under the reader.
 */
export function verifyChain(events: readonly RollbackEvent[], head?: NonNullable<Rollback['head']>): ChainState {
  let previousHash = GENESIS;
  for (const [index, event] of events.entries()) {
    const problem = problemOf(event, index + 1, previousHash);
    if (problem !== null) return { intact: false, seq: index + 1, problem };
    previousHash = event.hash;
  }
  if (head === undefined || (head.seq === events.length && head.hash === previousHash)) return { intact: true };
  const problem = `the log's head is event ${head.seq} (${head.hash.slice(0, 8)}), the events end at ${events.length} (${previousHash.slice(0, 8)})`;
  return { intact: false, seq: Math.min(head.seq, events.length + 1), problem };
}

function problemOf({ hash, ...event }: RollbackEvent, seq: number, previousHash: string): string | null {
  if (event.seq !== seq) return `event ${seq} is missing: ${event.seq} stands in its place`;
  if (event.previousHash !== previousHash) return `event ${seq} does not follow the one before it`;
  return hashEvent(event) === hash ? null : `event ${seq} was changed after it was written`;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isRecord(inner) ? sortKeys(inner) : inner));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortKeys(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
