import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRollback } from '../../../lib/log/rollbacks.ts';
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

describe('an instance that RDS does not list', () => {
  const rds = mockClient(RDSClient);
  let tables: Awaited<ReturnType<typeof startTables>>;
  const database: Database = { plan: plan({ database: TARGET }), fence: 1, target: TARGET, cutover: 'rename' };
  const see = (...DBInstances: object[]) => rds.on(DescribeDBInstancesCommand).resolves({ DBInstances });
  /** One look. */
  const look = () => advanceDatabase(database, 'undo', 0);

  beforeAll(async () => {
    tables = await startTables();
    await createRollback(rollback());
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterAll(async () => {
    vi.useRealTimers();
    rds.restore();
    await tables.stop();
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
