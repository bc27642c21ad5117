import { BackUpInput } from '../../lib/contracts.ts';
import { BackupFailed } from '../../lib/errors.ts';
import { step } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { updateBackup } from '../../lib/registry/backups.ts';
import { takeSnapshot } from '../../lib/rollback/take-snapshot.ts';

/** One look lasts at most this long; after that the machine waits instead of the function. */
const LOOK_MS = 10_000;

/** Takes a snapshot that has the backup's name. PENDING: it is not available yet. */
export const handler = step(BackUpInput, async ({ application, backupId }) => {
  const { database } = await requireApplication(application);
  if (!database) throw new BackupFailed(`The manifest of ${application} has no 'database' section any more.`);
  // RDS takes no two hyphens in a row, which a backup's id has after an application's name that ends in one.
  const snapshot = backupId.toLowerCase().replace(/-{2,}/g, '-');
  const { startedAt: since } = await updateBackup(application, backupId, { snapshot });
  const tags = { RollbackService: 'backup', BackupId: backupId, Application: application };
  return { state: await takeSnapshot({ instance: database.instance, snapshot, tags, since }, LOOK_MS) };
});
