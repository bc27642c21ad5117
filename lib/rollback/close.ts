/** Ends a rollback once: outcome on record, lock free, people told. */
import { notify } from '../aws/sns.ts';
import type { HostState, Outcome, Rollback } from '../contracts.ts';
import { describeLoss } from '../domain/database/loss.ts';
import { describeDuration } from '../domain/duration.ts';
import { followUps, tookReleaseAway } from '../domain/outcome.ts';
import { appendEvent } from '../log/events.ts';
import { requireRollback, updateRollback } from '../log/rollbacks.ts';
import { countRollback } from '../metrics.ts';
import { releaseLock } from '../registry/locks.ts';
import { markAlarmed } from '../registry/releases.ts';
import { moveTo } from './status.ts';

export interface Ending {
  readonly rollbackId: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly hosts?: readonly HostState[] | undefined;
  /** false: nothing was changed, though the outcome does not say so. */
  readonly changed?: boolean | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What people have to do about what a database rollback leaves behind. */
  readonly leftOver?: readonly string[] | undefined;
  /** The fencing token of the lock that the rollback holds; none: it never got it. */
  readonly fence?: number | undefined;
  readonly now: Date;
}

type Recorded = {
  readonly message: string;
  readonly durationMs: number;
  readonly changed?: boolean;
  readonly hosts?: HostState[];
  readonly leftOver?: string[];
};

/**
 * The event comes before the header, the header before the lock and the lock before the letter: a crash between two of them is cured by
 * calling again. The first event holds: who finishes what another one began does not say otherwise.
 * Refused ones wake nobody: they are on record, and announced on the bus.
 */
export const closeRollback = async (ending: Ending): Promise<Rollback> => {
  const { rollbackId, fence, now } = ending;
  const before = await requireRollback(rollbackId);
  const { outcome, message, hosts, changed, leftOver, durationMs } = await recordEnding(ending, before);
  const rollback = await moveTo(rollbackId, outcome, {
    endedAt: now.toISOString(),
    durationMs,
    changed,
    ...(before.followUp.length > 0 ? {} : { followUp: followUps({ ...before, outcome, changed, hosts: hosts ?? before.hosts }) }),
    ...(before.resolution ? {} : { resolution: message }),
    ...(hosts ? { hosts } : {}),
    ...(leftOver ? { leftOver } : {}),
  });
  // What a rollback took away is not proven good by the time it ran, also when no alarm said so.
  if (rollback.from?.version && tookReleaseAway({ outcome, from: rollback.from, to: rollback.to }))
    await markAlarmed(rollback.application, rollback.from.version, now.toISOString());
  if (fence !== undefined) await releaseLock(rollback.application, rollbackId, fence);
  countRollback(rollback.application, rollback.strategy, outcome, durationMs);
  await tellPeople(rollback, message);
  return rollback;
};

/** Tells people of a rollback that is over, unless they know. When it fails they are not told yet: call again. */
export const tellPeople = async (rollback: Rollback, message = rollback.resolution ?? ''): Promise<void> => {
  const { rollbackId, application, status, notifiedAt } = rollback;
  if (status === 'refused' || notifiedAt !== undefined) return;
  await notify({ subject: `[${application}] rollback ${status}`, message: letter(rollback, message) });
  await updateRollback(rollbackId, { notifiedAt: new Date().toISOString() });
};

const recordEnding = async (
  { rollbackId, outcome, message, hosts, changed, leftOver = [], detail, now }: Ending,
  { requestedAt }: Rollback,
) => {
  const ending: Recorded = {
    message,
    durationMs: now.getTime() - Date.parse(requestedAt),
    ...(changed !== undefined && { changed }),
    ...(hosts ? { hosts: [...hosts] } : {}),
    ...(leftOver.length > 0 ? { leftOver: [...leftOver] } : {}),
  };
  const { type, detail: recorded } = await appendEvent({
    rollbackId,
    phase: 'close',
    type: outcome,
    key: 'closed',
    detail: { ...ending, ...detail },
    now,
  });
  return { ...(recorded as unknown as Recorded), outcome: type as Outcome };
};

const letter = (rollback: Rollback, message: string): string => {
  const { rollbackId, application, strategy, reason, performedBy, durationMs, from, to, hosts, leftOver } = rollback;
  const loss = describeLoss(rollback);
  return [
    message,
    '',
    `Rollback: ${rollbackId} (${strategy} of ${application})`,
    `From ${from?.version ?? from?.commit ?? 'unknown'} to ${to?.version ?? to?.commit ?? 'unknown'}`,
    `Reason: ${reason}`,
    `Performed by: ${performedBy}`,
    `Duration: ${describeDuration(durationMs ?? 0)}`,
    ...(loss === undefined ? [] : [`Data loss: ${loss}`]),
    ...(hosts ?? []).map(({ id, version, commit, note }) => `Host ${id}: ${version ?? commit ?? 'unknown'} ${note}`),
    ...(leftOver ?? []).map((each) => `Left over: ${each}`),
  ].join('\n');
};
