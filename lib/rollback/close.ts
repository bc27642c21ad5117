/** Ends a rollback once: outcome on record, lock free, people told. */
import { notify } from '../aws/sns.ts';
import type { HostState, Outcome, Rollback } from '../contracts.ts';
import { describeDuration } from '../domain/duration.ts';
import { followUps } from '../domain/outcome.ts';
import { appendEvent } from '../log/events.ts';
import { requireRollback } from '../log/rollbacks.ts';
import { releaseLock } from '../registry/locks.ts';
import { markAlarmed } from '../registry/releases.ts';
import { moveTo } from './status.ts';

export interface Ending {
  readonly rollbackId: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly hosts?: readonly HostState[] | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** The fencing token of the lock that the rollback holds; none: it never got it. */
  readonly fence?: number | undefined;
  readonly now: Date;
}

/**
 * The event comes before the header and the header before the lock: a crash between two of them is cured by calling again.
 * Refused ones wake nobody: they are on record, and announced on the bus.
 */
export const closeRollback = async ({ rollbackId, outcome, message, hosts, detail, fence, now }: Ending): Promise<Rollback> => {
  const before = await requireRollback(rollbackId);
  const durationMs = now.getTime() - Date.parse(before.requestedAt);
  await appendEvent({
    rollbackId,
    phase: 'close',
    type: outcome,
    key: 'closed',
    detail: { message, durationMs, ...(hosts ? { hosts } : {}), ...detail },
    now,
  });
  const rollback = await moveTo(rollbackId, outcome, {
    endedAt: now.toISOString(),
    durationMs,
    followUp: before.followUp.length > 0 ? before.followUp : followUps(outcome),
    ...(before.resolution ? {} : { resolution: message }),
    ...(hosts ? { hosts: [...hosts] } : {}),
  });
  // What a rollback took away is not proven good by the time it ran, also when no alarm said so.
  if (outcome === 'succeeded' && rollback.from?.version) await markAlarmed(rollback.application, rollback.from.version, now.toISOString());
  if (fence !== undefined) await releaseLock(rollback.application, rollbackId, fence);
  if (outcome !== 'refused')
    await notify({ subject: `[${rollback.application}] rollback ${outcome}`, message: letter(rollback, message) });
  return rollback;
};

const letter = (
  { rollbackId, application, strategy, reason, performedBy, durationMs, from, to, hosts }: Rollback,
  message: string,
): string =>
  [
    message,
    '',
    `Rollback: ${rollbackId} (${strategy} of ${application})`,
    `From ${from?.version ?? from?.commit ?? 'unknown'} to ${to?.version ?? to?.commit ?? 'unknown'}`,
    `Reason: ${reason}`,
    `Performed by: ${performedBy}`,
    `Duration: ${describeDuration(durationMs ?? 0)}`,
    ...(hosts ?? []).map(({ id, version, commit, note }) => `Host ${id}: ${version ?? commit ?? 'unknown'} ${note}`),
  ].join('\n');
