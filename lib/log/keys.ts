/** Keys of the log's table. Only headers carry both keys of an index (`at` with application, status, performedBy, day): see query.ts. */
import type { HostAction } from '../contracts.ts';

export type Key = { readonly pk: string; readonly sk: string };

export function headerKey(rollbackId: string): Key {
  return { pk: `ROLLBACK#${rollbackId}`, sk: 'HEADER' };
}

export function planKey(rollbackId: string): Key {
  return { pk: `ROLLBACK#${rollbackId}`, sk: 'PLAN' };
}

export function commandKey(rollbackId: string, action: HostAction, wave: number): Key {
  return { pk: `ROLLBACK#${rollbackId}`, sk: `COMMAND#${action}#${String(wave).padStart(4, '0')}` };
}

export function frontendKey(rollbackId: string): Key {
  return { pk: `ROLLBACK#${rollbackId}`, sk: 'FRONTEND' };
}

export function databaseKey(rollbackId: string): Key {
  return { pk: `ROLLBACK#${rollbackId}`, sk: 'DATABASE' };
}

export function eventKey(rollbackId: string, seq: number): Key {
  return { pk: `EVENTS#${rollbackId}`, sk: String(seq).padStart(8, '0') };
}
