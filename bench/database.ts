/** The runbook's database rollback by hand, as a script, against the service: total time, and downtime as a client sees it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeDBInstancesCommand, RestoreDBInstanceToPointInTimeCommand } from '@aws-sdk/client-rds';
import type { Cutover } from '../lib/domain/database/move.ts';
import { sampleManifest } from '../local/sample/manifest.ts';
import { startWorld, type World } from '../local/world.ts';
import { configurationSection, type Damaged, damageDatabase, ENV_FILE, type Measured, measure, rollBack } from './data-world.ts';
import { seconds, table } from './statistics.ts';

/** A restore on the laptop takes a second; there it takes minutes. */
const RESTORE_MS = 60_000;
/** Another length of it, which shows whether downtime depends on it. */
const SHORT_RESTORE_MS = 20_000;
/** What `aws rds wait` would be told at best; it asks every 30 s. */
const WAIT_MS = 1000;

export interface DatabaseResult {
  readonly restoreMs: number;
  readonly hosts: number;
  readonly runbook: Measured;
  readonly service: Readonly<Record<string, Measured>>;
  /** Downtime of each way of `before-cutover` over that of the runbook; the aim is 0.05. */
  readonly downtimeShares: Readonly<Record<Cutover, number>>;
}

const WAYS = [
  ['before-restore, environment', { stopServices: 'before-restore', cutover: 'environment' }, RESTORE_MS],
  ['before-cutover, environment', { stopServices: 'before-cutover', cutover: 'environment' }, RESTORE_MS],
  ['before-cutover, rename', { stopServices: 'before-cutover', cutover: 'rename' }, RESTORE_MS],
  ['the same, restore of 20 s', { stopServices: 'before-cutover', cutover: 'rename' }, SHORT_RESTORE_MS],
] as const;

export const measureDatabase = async (say: (line: string) => void): Promise<DatabaseResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'rollback-bench-'));
  const world = await startWorld({ directory, port: 0, tell: say });
  try {
    world.aws.rds.setPace({ lagMs: 0, restoreMs: RESTORE_MS });
    await recordRunning(world);
    const byHand = await damageDatabase(world, 1);
    const runbook = await measure(world, () => runbookByHand(world, byHand));
    say(`runbook by hand: ${seconds(runbook.ms)}, down ${seconds(runbook.downMs)}`);
    const service: Record<string, Measured> = {};
    for (const [index, [name, way, restoreMs]] of WAYS.entries()) {
      world.aws.rds.setPace({ lagMs: 0, restoreMs });
      const damaged = await damageDatabase(world, index + 2);
      const measured = await measure(world, () => byService(world, damaged, way));
      service[name] = measured;
      say(`service, ${name}: ${seconds(measured.ms)}, down ${seconds(measured.downMs)}`);
    }
    const share = (cutover: Cutover) => (service[`before-cutover, ${cutover}`]?.downMs ?? Number.NaN) / runbook.downMs;
    const downtimeShares = { environment: share('environment'), rename: share('rename') };
    return { restoreMs: RESTORE_MS, hosts: world.hosts.length, runbook, service, downtimeShares };
  } finally {
    await world.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const recordRunning = async (world: World): Promise<void> => {
  const { version, commit } = world.release;
  await world.client('operator').call('PUT', `/applications/${world.application}`, sampleManifest());
  const deployedAt = new Date(Date.now() - 3_600_000).toISOString();
  await world.client('operator').call('POST', `/applications/${world.application}/releases`, { version, commit, deployedAt });
};

/** Stop, restore, wait, edit, start: one host after the other, as a person does it. */
const runbookByHand = async ({ hosts }: World, { rds, instance, time }: Damaged): Promise<number> => {
  const begun = Date.now();
  for (const { host } of hosts) await host.systemctl('stop', 'sample-api');
  const restored = `${instance}-restored`;
  await rds.send(
    new RestoreDBInstanceToPointInTimeCommand({
      SourceDBInstanceIdentifier: instance,
      TargetDBInstanceIdentifier: restored,
      RestoreTime: new Date(time),
    }),
  );
  const address = await untilAvailable(rds, restored);
  for (const { directory, host } of hosts) {
    const path = join(directory, ENV_FILE);
    await writeFile(path, (await readFile(path, 'utf8')).replace(/@[^/]+\//, `@${address}/`));
    await host.systemctl('start', 'sample-api');
  }
  while (!(await Promise.all(hosts.map((host) => host.health()))).every(({ status }) => status === 200)) await sleep(50);
  return Date.now() - begun;
};

const untilAvailable = async (rds: Damaged['rds'], identifier: string): Promise<string> => {
  for (;;) {
    const { DBInstances: [found] = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
    if (found?.DBInstanceStatus === 'available') return `${found.Endpoint?.Address}:${found.Endpoint?.Port}`;
    await sleep(WAIT_MS);
  }
};

const byService = async (world: World, damaged: Damaged, way: (typeof WAYS)[number][1]): Promise<number> => {
  const { instance, time, goodRows } = damaged;
  const check = { sql: 'SELECT COUNT(*) FROM generations', atLeast: 1000 };
  const manifest = { configuration: await configurationSection(), database: { instance, check, ...way } };
  const ms = await rollBack(world, manifest, { strategy: 'database', target: { time } });
  if (way.cutover === 'rename' && (await goodRows()) !== 1000) throw new Error(`${instance} does not hold the rows of ${time}`);
  return ms;
};

export const printDatabase = ({ restoreMs, hosts, runbook, service, downtimeShares }: DatabaseResult): string => {
  const row = (name: string, { ms, downMs }: Measured) => [name, seconds(ms), seconds(downMs)];
  const head = [`database rollback, ${hosts} hosts, restore of ${seconds(restoreMs)}`, 'total', 'down'];
  const rows = [row('runbook by hand', runbook), ...Object.entries(service).map(([name, one]) => row(`service, ${name}`, one))];
  const shares = Object.entries(downtimeShares).map(([cutover, share]) => `${(100 * share).toFixed(1)} % by ${cutover}`);
  return `\n${table([head, ...rows])}\n\ndowntime with before-cutover, of the runbook's: ${shares.join(', ')}\n`;
};
