import { setTimeout as sleep } from 'node:timers/promises';
import { snapshotDatabase, snapshotStatus } from '../../lib/aws/rds/snapshots.ts';
import { BackUpInput } from '../../lib/contracts.ts';
import { BackupFailed } from '../../lib/errors.ts';
import { step } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { updateBackup } from '../../lib/registry/backups.ts';

/** One look lasts at most this long; after that the machine waits instead of the function. */
const LOOK_MS = 10_000;
const POLL_MS = 1000;

/** Takes a snapshot that has the backup's name. PENDING: it is not available yet. */
export const handler = step(BackUpInput, async ({ application, backupId }) => {
  const { database } = await requireApplication(application);
  if (!database) throw new BackupFailed(`The manifest of ${application} has no 'database' section any more.`);
  const snapshot = backupId.toLowerCase();
  await snapshotDatabase(database.instance, snapshot, {
    RollbackService: 'backup',
    BackupId: backupId,
    Application: application,
  });
  await updateBackup(application, backupId, { snapshot });
  for (const end = Date.now() + LOOK_MS; ; await sleep(POLL_MS)) {
    const status = await snapshotStatus(snapshot);
    if (status === 'available') return { state: 'READY' };
    if (status === 'failed' || status === 'missing') throw new BackupFailed(`The snapshot ${snapshot} is ${status}.`);
    if (Date.now() + POLL_MS > end) return { state: 'PENDING' };
  }
});
