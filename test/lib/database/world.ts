/**
 * A rollback of the database `shop`, step by step, on the laptop's RDS: real PostgreSQL, with the permissions of the deployed role,
 * and both tables in this process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateDBSnapshotCommand, type DBInstance, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { vi } from 'vitest';
import type { DatabaseWork, Manifest, RollbackEvent } from '../../../lib/contracts.ts';
import type { DatabaseAction } from '../../../lib/domain/database/moves.ts';
import { databaseWorkOf } from '../../../lib/log/database-work.ts';
import { allEvents } from '../../../lib/log/events.ts';
import { savePlan } from '../../../lib/log/plans.ts';
import { createRollback } from '../../../lib/log/rollbacks.ts';
import { acquireLock } from '../../../lib/registry/locks.ts';
import { type Advanced, advanceDatabase } from '../../../lib/rollback/advance-database.ts';
import { openDatabase, planDatabase } from '../../../lib/rollback/database.ts';
import type { CreatedInstance } from '../../../local/aws/rds/create.ts';
import type { Settings } from '../../../local/aws/rds/settings.ts';
import { type RdsWorld, sql, startRdsWorld } from '../../local/rds-world.ts';
import { manifest, plan, rollback } from '../builders.ts';
import { deployedStatements } from '../deployed-role.ts';
import { startTables } from '../tables.ts';

const ROLE = 'arn:aws:iam::123456789012:role/monitoring';

/** Differs from RDS's defaults in everything that a restore does not inherit. */
export const SETTINGS: Partial<Settings> = {
  DBInstanceClass: 'db.m7g.large',
  AllocatedStorage: 50,
  MaxAllocatedStorage: 100,
  MultiAZ: true,
  PubliclyAccessible: false,
  VpcSecurityGroupIds: ['sg-1', 'sg-2'],
  DBSubnetGroupName: 'private',
  DBParameterGroupName: 'tuned',
  OptionGroupName: 'extras',
  CACertificateIdentifier: 'rds-ca-ecc384-g1',
  IAMDatabaseAuthenticationEnabled: true,
  AutoMinorVersionUpgrade: false,
  EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
  NetworkType: 'DUAL',
  DedicatedLogVolume: true,
  CopyTagsToSnapshot: true,
  EnabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
  PreferredMaintenanceWindow: 'tue:01:00-tue:01:30',
  PreferredBackupWindow: '03:00-03:30',
  BackupRetentionPeriod: 7,
  MonitoringInterval: 60,
  MonitoringRoleArn: ROLE,
  DatabaseInsightsMode: 'advanced',
  PerformanceInsightsEnabled: true,
  StorageEncrypted: true,
  KmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1',
  PerformanceInsightsKMSKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/2',
  PerformanceInsightsRetentionPeriod: 465,
};

type Section = NonNullable<Manifest['database']>;

/** The next second, once it has begun: RDS restores to whole ones, and timers may be early by a millisecond. */
async function wholeSecond(): Promise<string> {
  await sleep(1010 - (Date.now() % 1000));
  return new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
}

export class DatabaseWorld {
  readonly rds: RdsWorld;
  readonly #tables: Awaited<ReturnType<typeof startTables>>;
  #count = 0;

  private constructor(rds: RdsWorld, tables: Awaited<ReturnType<typeof startTables>>) {
    [this.rds, this.#tables] = [rds, tables];
  }

  static async start(): Promise<DatabaseWorld> {
    const tables = await startTables();
    const world = new DatabaseWorld(await startRdsWorld(), tables);
    const { endpoint, credentials } = world.rds.clientWith(await deployedStatements('AdvanceDatabaseRole', 'shop*')).config;
    const { hostname, port, protocol } = (await endpoint?.()) ?? { hostname: '', port: 0, protocol: '' };
    const { accessKeyId, secretAccessKey } = await credentials();
    vi.stubEnv('AWS_ENDPOINT_URL_RDS', `${protocol}//${hostname}:${port}`);
    vi.stubEnv('DATABASES', 'shop*');
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    return world;
  }

  async close(): Promise<void> {
    await this.rds.close();
    await this.#tables.stop();
  }

  /** A rollback of a new instance, which has 100 good rows at the time that it goes back to and 50 bad ones since. */
  async begin(settings: Partial<Settings> = {}, section: Partial<Section> = {}): Promise<DatabaseRollback> {
    this.#count += 1;
    const instance = `shop${this.#count}`;
    const created = await this.rds.create(instance, { settings, tags: { Team: 'shop' } });
    await sql(created, 'CREATE TABLE orders AS SELECT generate_series(1, 100) AS id, true AS good');
    const restoreTime = await wholeSecond();
    await sleep(20);
    await sql(created, 'INSERT INTO orders SELECT generate_series(101, 150), false');
    await wholeSecond();
    const database = manifest({ database: { instance, ...section } }).database;
    if (!database) throw new Error('a manifest without database');
    return DatabaseRollback.open(this.rds, created, database, restoreTime);
  }
}

/** One rollback on record, with its lock held. */
export class DatabaseRollback {
  readonly id: string;
  readonly created: CreatedInstance;
  readonly names: { readonly restored: string; readonly kept: string };
  readonly #rds: RdsWorld;
  readonly #fence: number;

  private constructor(rds: RdsWorld, created: CreatedInstance, fence: number, names: DatabaseRollback['names']) {
    this.id = `${created.identifier}-1`;
    this.created = created;
    this.names = names;
    this.#rds = rds;
    this.#fence = fence;
  }

  static async open(rds: RdsWorld, created: CreatedInstance, database: Section, restoreTime: string): Promise<DatabaseRollback> {
    const [application, rollbackId, now] = [created.identifier, `${created.identifier}-1`, new Date()];
    const { target } = await planDatabase({ rollbackId, database, restoreTime, now });
    if (!target) throw new Error('the database was refused');
    await createRollback(rollback({ rollbackId, application, strategy: 'database' }));
    await savePlan(plan({ rollbackId, application, database: target, manifest: manifest({ application, database }) }));
    const lock = await acquireLock(application, rollbackId, 600_000, now);
    if (!lock.acquired) throw new Error('the lock is held');
    return new DatabaseRollback(rds, created, lock.fence, { restored: target.restoredName, kept: target.keptName });
  }

  /** One call of the step. */
  async advance(action: DatabaseAction, lookMs = 5000): Promise<Advanced> {
    const opened = await openDatabase(this.id, this.#fence, action);
    return advanceDatabase(opened, action, lookMs);
  }

  /** Calls of the step, as its machine makes them. */
  async run(action: DatabaseAction): Promise<Advanced> {
    for (let call = 0; call < 20; call++) {
      const advanced = await this.advance(action);
      if (advanced.state === 'READY' || advanced.state === 'FAILED') return advanced;
    }
    throw new Error(`${action} came to no end`);
  }

  work(): Promise<DatabaseWork> {
    return databaseWorkOf(this.id);
  }

  events(): Promise<RollbackEvent[]> {
    return allEvents(this.id);
  }

  /** Number of rows at what a name leads to: 100 good ones, or 150. */
  async rowsAt(identifier: string): Promise<number> {
    const [{ count }] = await sql(await this.#rds.describe(identifier), 'SELECT count(*)::int AS count FROM orders');
    return count;
  }

  /** What clients of the application get, by the address that they always had. */
  async rowsServed(): Promise<number> {
    const [{ count }] = await sql(this.created, 'SELECT count(*)::int AS count FROM orders');
    return count;
  }

  describe(identifier: string): Promise<DBInstance> {
    return this.#rds.describe(identifier);
  }

  /** Somebody else renames an instance. */
  async rename(from: string, to: string): Promise<void> {
    const names = { DBInstanceIdentifier: from, NewDBInstanceIdentifier: to };
    await this.#rds.client.send(new ModifyDBInstanceCommand({ ...names, ApplyImmediately: true }));
    await this.#rds.until(to, 'available');
  }

  /** Somebody else takes a snapshot, for which an instance is `backing-up`. */
  async snapshot(identifier: string): Promise<void> {
    const names = { DBInstanceIdentifier: identifier, DBSnapshotIdentifier: `${identifier}-by-hand` };
    await this.#rds.client.send(new CreateDBSnapshotCommand(names));
  }
}
