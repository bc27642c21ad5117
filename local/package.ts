import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { until } from './until.ts';

/** The stage that everything on a laptop is packaged as. */
export const STAGE = 'local';

const ROOT = join(import.meta.dirname, '..');
/** What a package is made of: a change in none of these makes no other package. */
const SOURCES = [
  'functions',
  'lib',
  'statemachines',
  'serverless',
  'serverless.yml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const CACHE = join(ROOT, 'node_modules/.cache/rollback-service');
const LOCK = join(CACHE, 'lock');
const KEPT_PACKAGES = 5;
const TIMEOUT_MS = 180_000;
/** Written last by the packager: a package without it is half a package. */
const TEMPLATE = 'cloudformation-template-update-stack.json';

/** The packager failed; `message` holds what it printed. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

/**
 * Packages the service as it would be deployed, without an account or the network, and answers the folder with the template and
 * the bundles. A package of unchanged sources is used again. Throws `PackageError` with the packager's output, also when `signal` ends it.
 */
export async function packageService(stage = STAGE, signal?: AbortSignal): Promise<string> {
  const directory = join(CACHE, `${stage}-${await hashOfSources(stage)}`);
  if (await isPackage(directory)) return directory;
  await mkdir(CACHE, { recursive: true });
  // The packager's working folders are the same for all that run here.
  await alone(async () => {
    if (!(await isPackage(directory))) await makePackage(directory, stage, signal);
  });
  return directory;
}

async function hashOfSources(stage: string): Promise<string> {
  const hash = createHash('sha256').update(stage).update(process.version);
  const files = (await Promise.all(SOURCES.map((source) => filesOf(join(ROOT, source))))).flat().sort();
  for (const file of files) hash.update(`\0${relative(ROOT, file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isPackage(directory: string): Promise<boolean> {
  return access(join(directory, TEMPLATE)).then(
    () => true,
    () => false,
  );
}

async function alone(work: () => Promise<void>): Promise<void> {
  await until('the end of another packaging', 2 * TIMEOUT_MS, lock);
  const unlock = () => rmdirSync(LOCK);
  process.once('exit', unlock);
  try {
    await work();
  } finally {
    process.off('exit', unlock);
    unlock();
  }
}

async function lock(): Promise<true | undefined> {
  try {
    await mkdir(LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const lockedAt = await stat(LOCK).then(({ mtimeMs }) => mtimeMs, Date.now);
  // Whoever took it was killed: no packaging takes as long.
  if (Date.now() - lockedAt > TIMEOUT_MS) await rmdir(LOCK).catch(() => {});
  return undefined;
}

async function makePackage(directory: string, stage: string, signal: AbortSignal | undefined): Promise<void> {
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  // The packager leaves a folder a function behind in the one for temporary files.
  const scratch = await mkdtemp(join(CACHE, 'scratch-'));
  try {
    await runPackager(unfinished, stage, scratch, signal);
    await rename(unfinished, directory);
    await removeOldPackages();
  } finally {
    await Promise.all([unfinished, scratch].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

async function removeOldPackages(): Promise<void> {
  const paths = (await readdir(CACHE)).map((name) => join(CACHE, name)).filter((path) => path !== LOCK);
  const aged = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(KEPT_PACKAGES);
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
}

/** No account, no network, no prompt: the packager only reads files. */
function offlineEnvironment(): NodeJS.ProcessEnv {
  const quiet = { SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', CI: '1' };
  const noAccount = { AWS_ACCESS_KEY_ID: 'offline', AWS_SECRET_ACCESS_KEY: 'offline', AWS_EC2_METADATA_DISABLED: 'true' };
  return { ...process.env, ...quiet, ...noAccount };
}

function runPackager(directory: string, stage: string, scratch: string, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const args = [join(ROOT, 'node_modules/serverless/bin/serverless.js'), 'package', '--stage', stage, '--package', directory];
  const options = {
    cwd: ROOT,
    env: { ...offlineEnvironment(), TMPDIR: scratch },
    timeout: TIMEOUT_MS,
    ...(signal && { signal }),
  };
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill();
  process.once('exit', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  child.once('error', reject);
  child.once('close', (code, endedBy) => {
    process.off('exit', end);
    if (code === 0) resolve();
    else reject(new PackageError(`serverless package failed (${endedBy ?? code}):\n${output.trim()}`));
  });
  return promise;
}
