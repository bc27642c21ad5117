/** What AWS bills for one rollback, at the list prices of us-east-1. */
import type { Requests } from './frontend-store.ts';

/** Dollars. */
const WRITE = 0.005 / 1000;
const READ = 0.0004 / 1000;
const GIGABYTE_SECOND = 0.0000133334;
const TRANSITION = 0.025 / 1000;

const READS = ['GetObject', 'HeadObject', 'GetObjectTagging'];
const FREE = ['DeleteObject', 'DeleteObjects'];

export interface Usage {
  readonly requests: Requests;
  readonly gigabyteSeconds: number;
  readonly transitions: number;
}

export interface Cost {
  /** Dollars. */
  readonly requests: number;
  readonly functions: number;
  readonly transitions: number;
  readonly total: number;
}

/** Deletions cost nothing; what is not a plain read costs as much as a write. */
export const requestCost = (requests: Requests): number =>
  Object.entries(requests).reduce((sum, [operation, count]) => sum + count * priceOf(operation), 0);

const priceOf = (operation: string): number => {
  if (FREE.includes(operation)) return 0;
  return READS.includes(operation) ? READ : WRITE;
};

export const costOf = ({ requests, gigabyteSeconds, transitions }: Usage): Cost => {
  const parts = {
    requests: requestCost(requests),
    functions: gigabyteSeconds * GIGABYTE_SECOND,
    transitions: transitions * TRANSITION,
  };
  return { ...parts, total: parts.requests + parts.functions + parts.transitions };
};
