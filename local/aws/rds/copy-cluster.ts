import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Owner } from './binaries.ts';
import { give } from './machine.ts';

/** https://www.postgresql.org/docs/18/continuous-archiving.html, "Backing Up the Data Directory" */
const LEFT_OUT = [
  /^postmaster\.(?:pid|opts)$/,
  /^(?:pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//,
  /(?:^|\/)pgsql_tmp/,
  /(?:^|\/)pg_internal\.init/,
];

/** Copies a data folder, of a running server too; whatever vanishes meanwhile is in the WAL. */
export async function copyCluster(from: string, to: string, owner: Owner): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const paths = (areFolders: boolean) =>
    entries
      .filter((entry) => entry.isDirectory() === areFolders)
      .map((entry) => relative(from, join(entry.parentPath, entry.name)))
      .filter((path) => !LEFT_OUT.some((pattern) => pattern.test(path)));
  for (const folder of ['.', ...paths(true)]) {
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
    await give(join(to, folder), owner);
  }
  await Promise.all(paths(false).map((path) => copyIfThere(join(from, path), join(to, path), owner)));
}

async function copyIfThere(from: string, to: string, owner: Owner): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await give(to, owner);
}
