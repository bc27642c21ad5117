import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allEvents } from '../../../lib/log/events.ts';
import { createRollback } from '../../../lib/log/rollbacks.ts';
import { acquireLock } from '../../../lib/registry/locks.ts';
import { advanceDatabase } from '../../../lib/rollback/advance-database.ts';
import type { Database } from '../../../lib/rollback/database.ts';
import { TARGET } from '../../domain/database/builders.ts';
import { plan, rollback } from '../builders.ts';
import { startTables } from '../tables.ts';

const { source, restoredName, keptName } = TARGET;
const described = (DBInstanceIdentifier: string, DbiResourceId: string, DBInstanceStatus = 'available') => ({
  DBInstanceIdentifier,
  DbiResourceId,
  DBInstanceStatus,
  TagList: [{ Key: 'RollbackId', Value: DbiResourceId === source.resourceId ? '' : 'shop-1' }],
});
const restored = described(restoredName, 'db-RESTORED');
const rds = mockClient(RDSClient);
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(async () => {
  rds.restore();
  await tables.stop();
});

describe('an instance that RDS does not list', () => {
  const database: Database = { plan: plan({ database: TARGET }), fence: 1, target: TARGET, cutover: 'rename' };
  const see = (...DBInstances: object[]) => rds.on(DescribeDBInstancesCommand).resolves({ DBInstances });
  /** One look. */
  const look = () => advanceDatabase(database, 'undo', 0);

  beforeAll(async () => {
    await createRollback(rollback());
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterAll(() => {
    vi.useRealTimers();
  });

  it('is waited for when it was there a moment ago, and may come back under another name', async () => {
    see(described(keptName, source.resourceId, 'renaming'), restored);
    expect(await look()).toMatchObject({ state: 'PENDING' });
    see(restored);
    expect(await look()).toMatchObject({ state: 'PENDING' });
    vi.setSystemTime(Date.now() + 30_000);
    expect(await look()).toMatchObject({ state: 'PENDING' });
    see(described(source.identifier, source.resourceId), restored);
    expect(await look()).toMatchObject({ state: 'READY' });
  });

  it('is gone when it is missing for a minute on end', async () => {
    see(restored);
    expect(await look()).toMatchObject({ state: 'PENDING' });
    vi.setSystemTime(Date.now() + 59_000);
    expect(await look()).toMatchObject({ state: 'PENDING' });
    vi.setSystemTime(Date.now() + 1_000);
    expect(await look()).toMatchObject({ state: 'FAILED', cause: expect.stringContaining('somebody removed it') });
  });
});

describe('a rename that RDS refuses, as if somebody else were at work', () => {
  let database: Database;

  beforeAll(async () => {
    await createRollback(rollback({ rollbackId: 'shop-2' }));
    const shop = plan({ rollbackId: 'shop-2', database: TARGET });
    const lock = await acquireLock(shop.application, shop.rollbackId, 600_000, new Date());
    database = { plan: shop, fence: lock.acquired ? lock.fence : 0, target: TARGET, cutover: 'rename' };
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [described(keptName, source.resourceId), restored] });
  });

  const refused = async () =>
    (await allEvents('shop-2')).flatMap(({ type, key, detail }) => (type === 'database-refused' ? [{ key, detail }] : []));

  it('is asked for again, less and less often, and is on record once after some seconds', async () => {
    const refusal = Object.assign(new Error('DB instance already exists'), { name: 'DBInstanceAlreadyExistsFault' });
    rds.on(ModifyDBInstanceCommand).rejects(refusal);
    expect(await advanceDatabase(database, 'undo', 2000)).toMatchObject({ state: 'PENDING' });
    expect(await refused()).toEqual([]);
    expect(await advanceDatabase(database, 'undo', 8000)).toMatchObject({ state: 'PENDING' });
    expect(await refused()).toEqual([
      {
        key: 'database-undo-renamed-source-refused',
        detail: {
          what: `rename ${keptName} to ${source.identifier}`,
          refusal: 'DBInstanceAlreadyExistsFault: DB instance already exists',
          since: expect.any(String),
        },
      },
    ]);
    // 20 times a second it would be 200.
    const asked = rds.commandCalls(ModifyDBInstanceCommand).length;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(60);
  });

  it('and goes on as soon as RDS takes it', async () => {
    rds.on(ModifyDBInstanceCommand).resolves({});
    expect(await advanceDatabase(database, 'undo', 1000)).toMatchObject({ state: 'NAMING' });
  });
});
