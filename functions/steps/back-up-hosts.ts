import { BackUpInput } from '../../lib/contracts.ts';
import { BackupFailed } from '../../lib/errors.ts';
import { step } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { updateBackup } from '../../lib/registry/backups.ts';
import { backUpHosts } from '../../lib/rollback/back-up-hosts.ts';

/** Backs the configuration of every host up; one that fails is enough to fail the backup, since a rollback would need all. */
export const handler = step(BackUpInput, async ({ application, backupId }) => {
  const hosts = await backUpHosts(await requireApplication(application), backupId);
  const { database } = await updateBackup(application, backupId, { hosts });
  const failed = hosts.filter(({ ok }) => !ok);
  if (failed.length > 0) throw new BackupFailed(failed.map(({ id, problem }) => `${id}: ${problem}`).join('; '));
  return { database };
});
