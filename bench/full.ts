/** A full rollback against each of its components alone: what runs side by side, and what the whole adds to its slowest part. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleManifest } from '../local/sample/manifest.ts';
import type { SampleRelease } from '../local/sample/repository.ts';
import { buildSite } from '../local/sample/site.ts';
import { recordRelease } from '../local/scenario.ts';
import { startWorld, type World } from '../local/world.ts';
import {
  configurationSection,
  type Damaged,
  damageDatabase,
  ENV_FILE,
  type ManifestChanges,
  type Measured,
  measure,
  rollBack,
} from './data-world.ts';
import { seconds, table } from './statistics.ts';

const RESTORE_MS = 60_000;
const PARTS = ['code', 'configuration', 'frontend', 'database'] as const;
type Strategy = (typeof PARTS)[number] | 'full';

export interface FullResult {
  readonly restoreMs: number;
  readonly hosts: number;
  readonly alone: Readonly<Record<string, Measured>>;
  readonly full: Measured;
  /** Full over its slowest component; the aim is 1.2. */
  readonly ratio: number;
}

export const measureFull = async (say: (line: string) => void): Promise<FullResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'rollback-bench-'));
  const world = await startWorld({ directory, port: 0, tell: say });
  try {
    world.aws.rds.setPace({ lagMs: 0, restoreMs: RESTORE_MS });
    const alone: Record<string, Measured> = {};
    let full: Measured | undefined;
    for (const [index, strategy] of ([...PARTS, 'full'] as const).entries()) {
      const measured = await measureOne(world, strategy, index + 1);
      say(`${strategy}: ${seconds(measured.ms)}, down ${seconds(measured.downMs)}`);
      if (strategy === 'full') full = measured;
      else alone[strategy] = measured;
    }
    if (!full) throw new Error('nothing was measured');
    const ratio = full.ms / Math.max(...Object.values(alone).map(({ ms }) => ms));
    return { restoreMs: RESTORE_MS, hosts: world.hosts.length, alone, full, ratio };
  } finally {
    await world.close();
    await rm(directory, { recursive: true, force: true });
  }
};

/** A good release with all that belongs to it, then a bad one that breaks all of it; then one way back. */
const measureOne = async (world: World, strategy: Strategy, number: number): Promise<Measured> => {
  const good = await world.repository.addRelease(`${number + 10}.1.0`, async () => {}, true);
  const bad = await world.repository.addRelease(`${number + 10}.2.0`, async () => {}, true);
  const manifest = await manifestOf(world, number);
  await register(world, manifest);
  await deploy(world, good, false);
  const damaged = await damageDatabase(world, number);
  await deploy(world, bad, true);
  return measure(world, () => rollBack(world, sectionsOf(strategy, manifest), requestOf(strategy, damaged)));
};

const manifestOf = async (world: World, number: number): Promise<ManifestChanges> => ({
  configuration: await configurationSection(),
  frontend: world.site.manifest,
  database: {
    instance: `bench-${number}-db`,
    cutover: 'environment',
    stopServices: 'before-cutover',
    check: { sql: 'SELECT COUNT(*) FROM generations', atLeast: 1000 },
  },
});

/** A strategy that works on one component has no use for the others, but needs the file that says where the database is. */
const sectionsOf = (strategy: Strategy, { configuration, frontend, database }: ManifestChanges): ManifestChanges =>
  strategy === 'frontend' ? { frontend } : { configuration, ...(strategy === 'code' ? {} : { frontend, database }) };

const requestOf = (strategy: Strategy, { time }: Damaged) => ({
  strategy,
  ...(strategy === 'database' && { target: { time } }),
});

const register = async (world: World, manifest: ManifestChanges): Promise<void> => {
  await world.client('operator').call('PUT', `/applications/${world.application}`, sampleManifest(manifest));
};

const deploy = async (world: World, { version, commit }: SampleRelease, isBad: boolean): Promise<void> => {
  await world.site.deploy(buildSite(version, { broken: isBad }));
  await recordRelease(world, { version, commit, deployedAt: new Date().toISOString(), status: isBad ? 'deployed' : 'verified' });
  await Promise.all(
    world.hosts.map(async (host) => {
      const path = join(host.directory, ENV_FILE);
      const text = await readFile(path, 'utf8');
      await writeFile(`${path}.previous`, text);
      if (isBad) await writeFile(path, `${text}MAIL_SERVER_${version.replaceAll('.', '_')}=nowhere\n`);
      await host.deploy(version);
    }),
  );
};

export const printFull = ({ restoreMs, hosts, alone, full, ratio }: FullResult): string => {
  const head = [`${hosts} hosts, restore of ${seconds(restoreMs)}`, 'total', 'down'];
  const rows = Object.entries({ ...alone, full }).map(([name, { ms, downMs }]) => [name, seconds(ms), seconds(downMs)]);
  return `\n${table([head, ...rows])}\n\nfull over its slowest component: ${ratio.toFixed(2)}\n`;
};
