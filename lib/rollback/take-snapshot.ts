/** Takes a snapshot of a database, in as many looks as it needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { snapshotDatabase, snapshotStatus } from '../aws/rds/snapshots.ts';
import { BackupFailed } from '../errors.ts';

interface Wanted {
  readonly instance: string;
  readonly snapshot: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO time of the first look. */
  readonly since: string;
}

const POLL_MS = 1000;
/** An automatic backup, another snapshot or maintenance may keep an instance from taking one for a while, but not for hours. */
const LONGEST_WAIT_MS = 2 * 3_600_000;

/**
 * Looks for the snapshot for about `lookMs` milliseconds, and asks for it while there is none. PENDING: to be called again.
 * @throws BackupFailed; AWS's own errors, after which it may be called again
 */
export const takeSnapshot = async (wanted: Wanted, lookMs: number): Promise<'READY' | 'PENDING'> => {
  const { instance, snapshot, tags, since } = wanted;
  for (const end = Date.now() + lookMs; ; await sleep(POLL_MS)) {
    const status = await snapshotStatus(snapshot);
    if (status === 'available') return 'READY';
    if (status === 'failed') throw new BackupFailed(`The snapshot ${snapshot} of ${instance} failed. Ask for a new backup.`);
    const isTaken = status !== null || (await snapshotDatabase(instance, snapshot, tags));
    if (!isTaken && Date.now() - Date.parse(since) > LONGEST_WAIT_MS)
      throw new BackupFailed(
        `${instance} takes no snapshot since ${since}: it is stopped, broken or busy. See its status (aws rds describe-db-instances --db-instance-identifier ${instance}), then ask for a new backup.`,
      );
    if (Date.now() + POLL_MS > end) return 'PENDING';
  }
};
