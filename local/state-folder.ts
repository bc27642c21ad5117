/** The folder in which a running world keeps its state: one of ours, and nobody else's while it is up. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BadOption } from './options.ts';

/** Marks a folder as one of ours: only in such a one is anything overwritten. */
const MARKER = '.rollback-local';
/** Holds the pid of the process that uses the folder. */
const IN_USE = '.in-use';

/** A second world in the same folder would take away the hosts of the first one under its feet. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';

  constructor(directory: string, pid: number) {
    super(`--dir ${directory} is in use by process ${pid}. End that first, or name another folder.`);
  }
}

/**
 * Makes the folder that was asked for, or a temporary one, and takes it for this process.
 * @throws BadOption, FolderInUse
 */
export async function takeStateFolder(given: string | undefined): Promise<string> {
  if (given === undefined) return mkdtemp(join(tmpdir(), 'rollback-local-'));
  const directory = resolve(given);
  try {
    await mkdir(directory, { recursive: true });
    const entries = await readdir(directory);
    if (entries.length > 0 && !entries.includes(MARKER))
      throw new BadOption(`--dir ${given} holds other files: name an empty or a new folder`);
    await take(directory);
    await writeFile(
      join(directory, MARKER),
      'State of the rollback service on this machine. May be removed when nothing runs.\n',
    );
  } catch (error) {
    if (error instanceof BadOption || error instanceof FolderInUse) throw error;
    throw new BadOption(`--dir ${given} cannot be used: ${(error as Error).message}`);
  }
  return directory;
}

/** Gives it back, for another start. */
export const leaveStateFolder = (directory: string): Promise<void> => rm(join(directory, IN_USE), { force: true });

async function take(directory: string): Promise<void> {
  const file = join(directory, IN_USE);
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (pid > 0 && pid !== process.pid && isAlive(pid)) throw new FolderInUse(directory, pid);
  // What a process left that was killed.
  await rm(file, { force: true });
  await writeFile(file, String(process.pid), { flag: 'wx' });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
