import { randomBytes } from 'node:crypto';
import { startBackup } from '../../lib/aws/stepfunctions.ts';
import { type Backup, BackupInput, type Manifest } from '../../lib/contracts.ts';
import { newRollbackId, requestRollbackId } from '../../lib/domain/identity.ts';
import { BackupImpossible } from '../../lib/errors.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { createBackup, listBackups, requireBackup } from '../../lib/registry/backups.ts';
import { releaseOnRecordAt } from '../../lib/rollback/running-release.ts';

const path = '/applications/{application}/backups';

const requirePossible = ({ application, configuration, database }: Manifest, input: BackupInput): void => {
  const add = `add it with PUT /applications/${application}`;
  if (input.database && !database)
    throw new BackupImpossible(`The manifest of ${application} does not have a 'database' section: ${add}.`);
  if (!configuration && !input.database)
    throw new BackupImpossible(
      `The manifest of ${application} does not have a 'configuration' section: ${add}, or ask for the database.`,
    );
};

const accepted = ({ backupId, application, state }: Backup) => ({
  status: 202,
  body: { backupId, application, state, links: { self: `/applications/${application}/backups/${backupId}` } },
});

export const handler = resource(
  endpoint({
    method: 'GET',
    path,
    run: async ({ path: { application = '' } }) => {
      await requireApplication(application);
      return { status: 200, body: { backups: await listBackups(application) } };
    },
  }),
  endpoint({
    method: 'GET',
    path: `${path}/{backupId}`,
    run: async ({ path: { application = '', backupId = '' } }) => ({
      status: 200,
      body: await requireBackup(application, backupId),
    }),
  }),
  endpoint({
    method: 'POST',
    path,
    body: BackupInput,
    run: async ({ path: { application = '' }, body, actor, idempotencyKey }) => {
      const now = new Date();
      requirePossible(await requireApplication(application), body);
      const id = idempotencyKey
        ? requestRollbackId(application, actor, `backup ${idempotencyKey}`)
        : newRollbackId(application, now, randomBytes(4).toString('hex'));
      const running = await releaseOnRecordAt(application, now.toISOString());
      const { backup } = await createBackup({
        backupId: `bk-${id}`,
        application,
        version: running?.version ?? null,
        state: 'running',
        ...body,
        by: actor,
        startedAt: now.toISOString(),
      });
      // Also when it was asked for before: what a crash kept from starting is started now.
      if (backup.state === 'running') await startBackup(backup);
      return accepted(backup);
    },
  }),
);
