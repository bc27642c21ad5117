import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Binaries, findOwner, type Owner, prepareBinaries } from './binaries.ts';
import type { PostgresProcess } from './postgres-process.ts';

/** The machine that all instances run on. */
export interface Machine {
  readonly owner: Owner;
  readonly binaries: Binaries;
  /** Folder of the logs of PostgreSQL's processes. */
  readonly logs: string;
  /** Password of the superuser `rdsadmin`, which AWS keeps for itself too. */
  readonly adminPassword: string;
  /** Aborted at the close; nothing starts afterwards. */
  readonly signal: AbortSignal;
  readonly processes: Set<PostgresProcess>;
  /** Makes an empty folder that PostgreSQL may write to. */
  makeFolder(): Promise<string>;
  /** Removes all folders. */
  clear(): Promise<void>;
}

/** Gives a file or folder to the owner of PostgreSQL's processes. */
export async function give(path: string, { uid, gid }: Owner): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

/**
 * Databases are in a folder of the system's temporary one: another user than root can reach it, and the path of a socket in it is
 * short enough (107 bytes). Throws `PostgresUnavailable`.
 */
export async function openMachine(directory: string, signal: AbortSignal): Promise<Machine> {
  const owner = findOwner();
  const home = await mkdtemp(join(tmpdir(), 'rds-'));
  const clear = () => rm(home, { recursive: true, force: true, maxRetries: 3 });
  const logs = join(directory, 'rds');
  try {
    await Promise.all([give(home, owner), mkdir(logs, { recursive: true })]);
    const binaries = await prepareBinaries(home, owner);
    const adminPassword = randomBytes(18).toString('base64url');
    return { owner, binaries, logs, adminPassword, signal, processes: new Set(), makeFolder: folders(home, owner), clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

function folders(home: string, owner: Owner): Machine['makeFolder'] {
  let count = 0;
  return async () => {
    count += 1;
    const folder = join(home, String(count));
    await mkdir(folder, { mode: 0o700 });
    await give(folder, owner);
    return folder;
  };
}
