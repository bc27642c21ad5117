import { AwsError } from './service.ts';

/** A moment as the protocols carry it: a `Date` (CBOR), epoch seconds (JSON) or an ISO 8601 string (query). */
export type WireInstant = Date | number | string;

/** Milliseconds since the epoch. Throws `SerializationException` for what is no moment. */
export function toMilliseconds(value: WireInstant): number {
  const milliseconds = typeof value === 'number' ? value * 1000 : new Date(value).getTime();
  if (!Number.isFinite(milliseconds)) throw new AwsError('SerializationException', `${String(value)} is not a timestamp`);
  return milliseconds;
}

/** CloudWatch's own way of writing a moment: `2026-01-02T03:04:05.678+0000`. */
export function cloudWatchTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+0000');
}

/** EventBridge's: whole seconds, `2026-01-02T03:04:05Z`. */
export function eventTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
