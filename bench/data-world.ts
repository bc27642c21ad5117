/** An application with data for the benchmarks: its database, the moment before it was damaged, and a client that polls all along. */
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { Client } from 'pg';
import type { Rollback } from '../lib/contracts.ts';
import { REGION } from '../local/aws/service.ts';
import { DIRECTORY, sampleManifest } from '../local/sample/manifest.ts';
import { followRollback } from '../local/scenario.ts';
import type { World } from '../local/world.ts';

export const ENV_FILE = `${DIRECTORY}/backend/.env`;
const POLL_MS = 50;

export type ManifestChanges = NonNullable<Parameters<typeof sampleManifest>[0]>;

export interface Damaged {
  readonly instance: string;
  readonly rds: RDSClient;
  /** A whole second before the damage. */
  readonly time: string;
  /** Rows that are right on the instance that has a name now. */
  goodRows(identifier?: string): Promise<number>;
}

const groupOf = async (): Promise<string> => {
  const { username, gid } = userInfo();
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  return `${username}:${groups.find(([, , id]) => id === String(gid))?.[0] ?? username}`;
};

export const configurationSection = async () => ({ file: ENV_FILE, owner: await groupOf(), mode: '600' });

/** Makes a database of its own, leads the hosts to it, and damages what is in it. */
export const damageDatabase = async (world: World, number: number): Promise<Damaged> => {
  const instance = `bench-${number}-db`;
  const { url } = await world.aws.rds.createInstance({
    identifier: instance,
    database: 'sample',
    user: 'sample',
    password: 'sample',
  });
  const rds = new RDSClient({ endpoint: world.endpoint, region: REGION, credentials: world.credentials.admin });
  const query = async (text: string, identifier = instance) => {
    const { DBInstances: [found] = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
    const { Address, Port } = found?.Endpoint ?? {};
    const client = new Client({ connectionString: `postgres://sample:sample@${Address}:${Port}/sample` });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  await query(
    "CREATE TABLE generations (text text); INSERT INTO generations SELECT 'row ' || n FROM generate_series(1, 1000) AS n",
  );
  await Promise.all(
    world.hosts.map(async ({ directory, host }) => {
      const path = join(directory, ENV_FILE);
      await writeFile(path, (await readFile(path, 'utf8')).replace(/^DATABASE_URL=.*$/m, `DATABASE_URL=${url}`));
      await host.systemctl('restart', 'sample-api');
    }),
  );
  await sleep(1100);
  const time = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  await sleep(1100);
  await query("UPDATE generations SET text = ''");
  return {
    instance,
    rds,
    time,
    goodRows: async (identifier) => (await query("SELECT text FROM generations WHERE text <> ''", identifier)).length,
  };
};

/** Asks every host all along; `stop` answers for how long the host that was down longest did not answer well, in milliseconds. */
export const watchDowntime = ({ hosts }: World): { stop(): Promise<number> } => {
  let isOver = false;
  const watched = hosts.map(async (host) => {
    let downMs = 0;
    for (let last = performance.now(); !isOver; ) {
      const { status } = await host.health();
      const now = performance.now();
      if (status !== 200) downMs += now - last;
      last = now;
      await sleep(POLL_MS);
    }
    return downMs;
  });
  return {
    async stop() {
      isOver = true;
      return Math.max(...(await Promise.all(watched)));
    },
  };
};

export interface Measured {
  /** From the request to healthy hosts that nothing is left to be done on. */
  readonly ms: number;
  readonly downMs: number;
}

/** Measures one way of rolling back from its begin to its end, and what a client saw of it meanwhile. */
export const measure = async (world: World, run: () => Promise<number>): Promise<Measured> => {
  const watch = watchDowntime(world);
  const ms = await run();
  return { ms, downMs: await watch.stop() };
};

/** Asks for a rollback with a manifest of its own; answers milliseconds until everything was verified, the watch afterwards left out. */
export const rollBack = async (world: World, manifest: ManifestChanges, request: object): Promise<number> => {
  const operator = world.client('operator');
  await world.aws.lambda.cool();
  await operator.call('PUT', `/applications/${world.application}`, {
    ...sampleManifest({
      monitor: { for: '1s', every: '1s', alarms: [] },
      triggers: [],
      approval: { required: [], timeout: '1h' },
    }),
    ...manifest,
  });
  const begun = Date.now();
  const { rollbackId } = await operator.call('POST', `/applications/${world.application}/rollbacks`, {
    reason: 'the benchmark',
    ...request,
  });
  let verifiedAt = Number.NaN;
  const rollback: Rollback = await followRollback(world, rollbackId, (event) => {
    if (event.phase === 'verify' && event.key === 'verified') verifiedAt = Date.parse(event.at);
  });
  if (rollback.status !== 'succeeded') throw new Error(`${rollbackId} is ${rollback.status}: ${rollback.resolution}`);
  return verifiedAt - begun;
};
