/** The lease of a running rollback's lock. */
import type { Manifest, Plan } from '../contracts.ts';
import { milliseconds } from '../domain/duration.ts';
import { renewLock } from '../registry/locks.ts';

/** How long a lock is leased at a time, in milliseconds: longer than any pause between two steps that renew it. */
export const leaseMs = ({ monitor, hosts }: Manifest): number =>
  milliseconds(hosts.commandTimeout) + milliseconds(monitor.every) + 10 * 60_000;

/** @throws LockLost when somebody else holds the lock by now: then nothing more may be changed */
export const keepLock = ({ application, rollbackId, manifest }: Plan, fence: number, now: Date): Promise<void> =>
  renewLock(application, rollbackId, fence, leaseMs(manifest), now);
