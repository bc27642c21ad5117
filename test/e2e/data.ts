/** Applications with a database of their own: real rows in a real PostgreSQL, found by the hosts through DATABASE_URL. */
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { Client } from 'pg';
import type { InstanceDefinition } from '../../local/aws/rds/create.ts';
import { REGION } from '../../local/aws/service.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { DIRECTORY, type sampleManifest } from '../../local/sample/manifest.ts';
import { until } from '../../local/until.ts';
import type { Stage, StageOptions, Theatre } from './harness.ts';

export const FILE = `${DIRECTORY}/backend/.env`;
const PASSWORD = 'p%40ss+wörd';

type Changes = NonNullable<Parameters<typeof sampleManifest>[0]>;

export interface DataStage {
  readonly stage: Stage;
  readonly rds: RDSClient;
  readonly instance: string;
  /** Runs a statement as the master user on the instance that has a name now. */
  sql(text: string, identifier?: string): Promise<readonly Record<string, unknown>[]>;
  rows(identifier?: string): Promise<string[]>;
  /** Names and states of all instances of this stage. */
  instances(): Promise<Record<string, string>>;
  /** A moment that the rows of now belong to and no later ones: a whole second, with one before and one after it. */
  moment(): Promise<string>;
  files(): Promise<string[]>;
  health(): Promise<number[]>;
  /** How many rows the application itself finds, by host. */
  counted(): Promise<number[]>;
}

let stages = 0;

/** The owner of the sample's configuration file, as a manifest names it. */
export const ownerOfFiles = async (): Promise<string> => {
  const { username, gid } = userInfo();
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  return `${username}:${groups.find(([, , id]) => id === String(gid))?.[0] ?? username}`;
};

/** A stage whose hosts find a database with the rows `one` and `two`. */
export const openData = async (
  theatre: Theatre,
  database: Partial<NonNullable<Changes['database']>> = {},
  changes: Partial<Changes> = {},
  { settings, ...options }: Omit<StageOptions, 'manifest'> & { readonly settings?: InstanceDefinition['settings'] } = {},
): Promise<DataStage> => {
  const { rds } = theatre.aws;
  stages += 1;
  const instance = `data-${stages}-db`;
  rds.setPace({ lagMs: 0, restoreMs: 500, modifyMs: 200 });
  const { url } = await rds.createInstance({
    identifier: instance,
    database: 'sample',
    user: 'sample',
    password: decodeURIComponent(PASSWORD),
    ...(settings && { settings }),
  });
  const client = new RDSClient({ endpoint: theatre.aws.endpoint, region: REGION, credentials: theatre.aws.credentials('admin') });
  const describe = async () => (await client.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
  const addressOf = async (identifier: string): Promise<string> => {
    const found = (await describe()).find((one) => one.DBInstanceIdentifier === identifier)?.Endpoint;
    if (!found) throw new Error(`there is no instance ${identifier}`);
    return `${found.Address}:${found.Port}`;
  };
  const sql = async (text: string, identifier = instance) => {
    const connection = new Client({
      connectionString: `postgres://sample:${encodeURIComponent(decodeURIComponent(PASSWORD))}@${await addressOf(identifier)}/sample`,
    });
    connection.on('error', () => undefined);
    await connection.connect();
    try {
      return (await connection.query(text)).rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  };
  await sql('CREATE TABLE generations (id serial PRIMARY KEY, text text NOT NULL)');
  const configuration = { file: FILE, owner: await ownerOfFiles(), mode: '600' };
  const stage = await theatre.stage({
    ...options,
    manifest: {
      configuration,
      approval: { required: [], timeout: '1h' },
      ...changes,
      database: {
        instance,
        stopServices: 'before-cutover',
        hourlyPrice: 0.21,
        check: { sql: 'SELECT COUNT(*) FROM generations', atLeast: 1 },
        ...database,
      },
    },
  });
  for (const { directory, host } of stage.hosts) {
    const path = join(directory, FILE);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^DATABASE_URL=.*$/m, `DATABASE_URL="${url}?connect_timeout=5"`));
    await host.systemctl('restart', 'sample-api');
  }
  const [first] = stage.hosts;
  const generations = ({ address }: Pick<SampleHost, 'address'>) => `http://${address}:8000/api/generations`;
  if (first) {
    await until('the application', 20_000, async () => ((await first.health()).status === 200 ? true : undefined));
    for (const body of ['one', 'two']) await fetch(generations(first), { method: 'POST', body });
  }
  return {
    stage,
    rds: client,
    instance,
    sql,
    rows: async (identifier) =>
      (await sql('SELECT text FROM generations ORDER BY id', identifier)).map(({ text }) => String(text)),
    async instances() {
      const own = (await describe()).filter((one) => one.DBInstanceIdentifier?.startsWith(instance));
      return Object.fromEntries(own.map((one) => [one.DBInstanceIdentifier ?? '', one.DBInstanceStatus ?? '']));
    },
    async moment() {
      await sleep(1100);
      const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
      await sleep(1100);
      return at;
    },
    files: () => Promise.all(stage.hosts.map(({ directory }) => readFile(join(directory, FILE), 'utf8'))),
    counted: () =>
      Promise.all(stage.hosts.map(async (host) => ((await (await fetch(generations(host))).json()) as { count: number }).count)),
    health: async () => (await Promise.all(stage.hosts.map((host) => host.health()))).map(({ status }) => status),
  };
};
