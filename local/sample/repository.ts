import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { all, type Edit, replace } from './edits.ts';
import { git } from './git.ts';

/** One release of the sample application as it stands in the repository: a commit with a tag `v<version>`. */
export interface SampleRelease {
  readonly version: string;
  readonly commit: string;
  /** Whether its health check answers 200. */
  readonly good: boolean;
}

/** The sample application's repository. */
export interface SampleRepository {
  /** Path of the bare repository that hosts fetch from. */
  readonly origin: string;
  /** Oldest first; only those made by `createRepository`. */
  readonly releases: readonly SampleRelease[];
  /** Commits, tags and pushes one more release on top of the last good one. `edit` is what it changes besides its version. */
  addRelease(version: string, edit: Edit, good?: boolean): Promise<SampleRelease>;
}

interface Recipe {
  readonly version: string;
  readonly date: string;
  readonly message: string;
  readonly edit: Edit;
  readonly good: boolean;
}

const SOURCE = join(import.meta.dirname, 'application');

const RECIPES: readonly Recipe[] = [
  { version: '1.0.0', date: '2026-01-05T09:00:00Z', message: 'Health check and a page', good: true, edit: async () => {} },
  {
    version: '1.1.0',
    date: '2026-02-02T09:00:00Z',
    message: 'Greet by the time of day',
    good: true,
    edit: replace(
      'backend/vendor/phrases/index.js',
      "  return ['Hello', name].join(' ');",
      "  const hour = new Date().getHours();\n  return [hour < 12 ? 'Good morning' : 'Good day', name].join(' ');",
    ),
  },
  {
    version: '1.2.0',
    date: '2026-03-02T09:00:00Z',
    message: 'Say in the health answer how long the process runs',
    good: true,
    edit: replace('backend/health.js', 'host: settings.host }', 'host: settings.host, upSeconds: Math.floor(process.uptime()) }'),
  },
  {
    version: '1.3.0',
    date: '2026-04-06T09:00:00Z',
    message: 'Rename the database setting',
    good: false,
    // A real slip: the code asks for a variable that no host's .env has.
    edit: all(
      replace('backend/settings.js', 'process.env.DATABASE_URL', 'process.env.DATABASE_DSN'),
      replace('backend/health.js', 'DATABASE_URL is not set', 'DATABASE_DSN is not set'),
    ),
  },
];

const VERSIONED = [
  'backend/package.json',
  'backend/package-lock.json',
  'backend/vendor/phrases/package.json',
  'backend/vendor/pg/package.json',
];

/** The application and the package that it depends on carry the release's version. */
function raiseVersion(version: string): Edit {
  return all(...VERSIONED.map((file) => replace(file, /"version": "[^"]+"/g, `"version": "${version}"`)));
}

async function release(work: string, { version, date, message, edit, good }: Recipe): Promise<SampleRelease> {
  if (version !== RECIPES[0]?.version) await raiseVersion(version)(work);
  await edit(work);
  await git(work, ['add', '--all']);
  await git(work, ['commit', '--quiet', '--message', `${version}: ${message}`], date);
  await git(work, ['tag', `v${version}`]);
  await git(work, ['push', '--quiet', '--force', 'origin', 'HEAD:main', `v${version}`]);
  return { version, commit: await git(work, ['rev-parse', 'HEAD']), good };
}

/** The application keeps its PostgreSQL client in its repository, so that installing a release needs no network: this project's own, in one file. */
async function vendorPostgres(work: string): Promise<void> {
  const folder = join(work, 'backend/vendor/pg');
  await build({
    stdin: { contents: "module.exports = require('pg');", resolveDir: import.meta.dirname },
    outfile: join(folder, 'index.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    external: ['pg-native', 'pg-cloudflare'],
    logLevel: 'error',
  });
  await writeFile(
    join(folder, 'package.json'),
    `${JSON.stringify({ name: 'pg', version: '1.0.0', main: 'index.js' }, null, 2)}\n`,
  );
}

/** Copied without what a person may have installed there. */
async function copySource(work: string): Promise<void> {
  await cp(SOURCE, work, { recursive: true, filter: (path) => !/\/(node_modules|\.env[^/]*)$/.test(path) });
}

/**
 * Makes `origin.git` and a working tree in `directory` with the releases 1.0.0, 1.1.0, 1.2.0 (good) and 1.3.0 (its health answers
 * 500). Commits are the same on every machine, since author and dates are fixed.
 */
export async function createRepository(directory: string): Promise<SampleRepository> {
  const origin = join(directory, 'origin.git');
  const work = join(directory, 'work');
  await mkdir(work, { recursive: true });
  await git(directory, ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  await git(work, ['init', '--quiet', '--initial-branch=main']);
  await git(work, ['remote', 'add', 'origin', origin]);
  await copySource(work);
  await vendorPostgres(work);
  const releases: SampleRelease[] = [];
  for (const recipe of RECIPES) releases.push(await release(work, recipe));
  return {
    origin,
    releases,
    async addRelease(version, edit, good = false) {
      await git(work, ['checkout', '--quiet', '--force', '--detach', 'v1.2.0']);
      return release(work, { version, date: '2026-05-04T09:00:00Z', message: 'One more', edit, good });
    },
  };
}
