import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

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
/** The stage that everything on a laptop is packaged as. */
export const STAGE = 'local';
const CACHE = join(ROOT, 'node_modules/.cache/rollback-service');
const TIMEOUT_MS = 180_000;
/** Written last by the packager: a package without it is half a package. */
const TEMPLATE = 'cloudformation-template-update-stack.json';

/** The packager failed; `message` holds what it printed. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

async function filesOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
}

async function hashOfSources(stage: string): Promise<string> {
  const hash = createHash('sha256').update(stage).update(process.version);
  const files = (await Promise.all(SOURCES.map((source) => filesOf(join(ROOT, source))))).flat().sort();
  for (const file of files) hash.update(`\0${relative(ROOT, file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** No account, no network, no prompt: the packager only reads files. */
function offlineEnvironment(): NodeJS.ProcessEnv {
  const quiet = { SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', CI: '1' };
  const noAccount = { AWS_ACCESS_KEY_ID: 'offline', AWS_SECRET_ACCESS_KEY: 'offline', AWS_EC2_METADATA_DISABLED: 'true' };
  return { ...process.env, ...quiet, ...noAccount };
}

function runPackager(directory: string, stage: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const args = [join(ROOT, 'node_modules/serverless/bin/serverless.js'), 'package', '--stage', stage, '--package', directory];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: offlineEnvironment(),
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const end = () => child.kill();
  process.once('exit', end);
  child.once('error', reject);
  child.once('close', (code, signal) => {
    process.off('exit', end);
    if (code === 0) resolve();
    else reject(new PackageError(`serverless package failed (${signal ?? code}):\n${output.trim()}`));
  });
  return promise;
}

/**
 * Packages the service as it would be deployed, without an account or the network, and answers the folder with the template and
 * the bundles. A package of unchanged sources is used again. Throws `PackageError` with the packager's output.
 */
export async function packageService(stage = STAGE): Promise<string> {
  const directory = join(CACHE, `${stage}-${await hashOfSources(stage)}`);
  if (await exists(join(directory, TEMPLATE))) return directory;
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  try {
    await runPackager(unfinished, stage);
    await keep(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Two starts at once may package both: the first to finish stays. */
async function keep(unfinished: string, directory: string): Promise<void> {
  try {
    await rename(unfinished, directory);
  } catch (error) {
    if (!(await exists(join(directory, TEMPLATE)))) throw error;
  }
}
