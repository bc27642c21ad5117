import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DBInstance, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { Client } from 'pg';
import { CallFaults } from '../../local/aws/call-faults.ts';
import { createIam } from '../../local/aws/iam.ts';
import { postgresProblem } from '../../local/aws/rds/binaries.ts';
import type { CreatedInstance, InstanceDefinition } from '../../local/aws/rds/create.ts';
import { createRds, type RdsOptions, type RdsService } from '../../local/aws/rds/rds.ts';
import { listen } from '../../local/aws/server.ts';
import { REGION } from '../../local/aws/service.ts';
import { allow } from './s3-world.ts';

/** Why tests with PostgreSQL are skipped; shown once a file. */
export const problem = await postgresProblem();
if (problem !== undefined) console.warn(`tests with PostgreSQL are skipped: ${problem}`);

const WAIT_LIMIT_MS = 15_000;

export interface RdsWorld {
  readonly rds: RdsService;
  readonly faults: CallFaults;
  /** May do everything. */
  readonly client: RDSClient;
  /** A client of somebody with these statements. */
  clientWith(statements: readonly object[]): RDSClient;
  create(identifier: string, more?: Partial<InstanceDefinition>): Promise<CreatedInstance>;
  /** Throws `DBInstanceNotFoundFault`. */
  describe(identifier: string): Promise<DBInstance>;
  /** Waits until an instance is there with a status and nothing pending. Answers the statuses on the way. */
  until(identifier: string, status: string): Promise<string[]>;
  close(): Promise<void>;
}

/** RDS on a port of its own, in a hurry. */
export async function startRdsWorld(options: Partial<RdsOptions> = {}): Promise<RdsWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'rds-state-'));
  const [iam, faults] = [createIam([]), new CallFaults()];
  const rds = createRds({ directory, lagMs: 0, modifyMs: 200, ...options });
  const server = await listen(0, () => ({ iam, faults, services: [rds], restServices: [] }));
  const clientWith = (statements: readonly object[]) => {
    const credentials = iam.addUser('somebody', [{ Version: '2012-10-17', Statement: statements }]);
    return new RDSClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 });
  };
  const client = clientWith([allow('*')]);
  const describe = async (DBInstanceIdentifier: string) => {
    const { DBInstances: [found] = [] } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    if (!found) throw new Error('an answer without an instance');
    return found;
  };
  let closing: Promise<void> | undefined;
  const close = async () => {
    await server.close();
    await rds.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return {
    rds,
    faults,
    client,
    clientWith,
    create: (identifier, more) =>
      rds.createInstance({ identifier, database: 'shop', user: 'shop', password: 'öffne+dich', ...more }),
    describe,
    async until(identifier, status) {
      const seen = new Set<string>();
      const deadline = Date.now() + WAIT_LIMIT_MS;
      while (Date.now() < deadline) {
        const found = await describe(identifier).catch(() => undefined);
        if (found) seen.add(String(found.DBInstanceStatus));
        if (found?.DBInstanceStatus === status && Object.keys(found.PendingModifiedValues ?? {}).length === 0) return [...seen];
        await sleep(10);
      }
      throw new Error(`${identifier} is not ${status}: it was ${[...seen]}`);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Runs a statement as the master user. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows its rows
export async function sql(address: { readonly url: string } | DBInstance, text: string): Promise<any[]> {
  const url = 'url' in address ? address.url : urlOf(address);
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

function urlOf({ Endpoint }: DBInstance): string {
  return `postgresql://shop:${encodeURIComponent('öffne+dich')}@${Endpoint?.Address}:${Endpoint?.Port}/shop`;
}
