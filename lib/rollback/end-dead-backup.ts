/** Ends a backup whose execution ended without saying how. */
import { requireBackup, updateBackup } from '../registry/backups.ts';
import { releaseLock, seizeLock } from '../registry/locks.ts';

interface DeadBackup {
  readonly application: string;
  readonly backupId: string;
  readonly how: string;
  readonly cause: string;
  readonly now: Date;
}

/** One that said itself how it ended stays as it is. */
export const endDeadBackup = async ({ application, backupId, how, cause, now }: DeadBackup): Promise<void> => {
  const { state } = await requireBackup(application, backupId);
  const problem = `Its execution stopped before its end (${how}). ${cause}`.slice(0, 2000).trim();
  if (state === 'running') await updateBackup(application, backupId, { state: 'failed', endedAt: now.toISOString(), problem });
  const fence = await seizeLock(application, backupId);
  if (fence !== null) await releaseLock(application, backupId, fence);
};
