import { createHash } from 'node:crypto';

/**
 * The id of the rollback that one state change of an alarm starts: the same for every delivery of the same event, so that a
 * duplicate meets the first. Like every id it is at most 80 characters of a-z, 0-9, T, Z and -, a Step Functions name.
 */
export function alarmRollbackId(application: string, alarmArn: string, stateTimestamp: string): string {
  const since = new Date(stateTimestamp);
  return `${application}-${compact(since)}-${digest([application, alarmArn, since.toISOString()], 8)}`;
}

/** A new id for a rollback asked for now; `randomHex` has at least 8 hexadecimal digits, of which 8 are used. */
export function newRollbackId(application: string, now: Date, randomHex: string): string {
  return `${application}-${compact(now)}-${randomHex.slice(0, 8).toLowerCase()}`;
}

/** The id for a request with an idempotency key: a retry by the same actor gives the same id, however late it comes. */
export function requestRollbackId(application: string, actor: string, idempotencyKey: string): string {
  return `${application}-${digest([application, actor, idempotencyKey], 16)}`;
}

/** `20261122T030000Z` */
function compact(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

function digest(parts: readonly string[], length: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);
}
