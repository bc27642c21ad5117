import { DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { takeSnapshot } from '../../../lib/rollback/take-snapshot.ts';
import { problem, type RdsWorld, startRdsWorld } from '../../local/rds-world.ts';
import { deployedStatements } from '../deployed-role.ts';

describe.skipIf(problem)('a snapshot before a deployment', () => {
  let world: RdsWorld;
  beforeAll(async () => {
    world = await startRdsWorld();
    const { endpoint, credentials } = world.clientWith(await deployedStatements('SnapshotDatabaseRole', 'shop*')).config;
    const { hostname = '', port = 0, protocol = '' } = (await endpoint?.()) ?? {};
    const { accessKeyId, secretAccessKey } = await credentials();
    vi.stubEnv('AWS_ENDPOINT_URL_RDS', `${protocol}//${hostname}:${port}`);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  });
  afterAll(() => world?.close(), 60_000);

  const wanted = (instance: string, snapshot: string, since = new Date().toISOString()) => ({
    instance,
    snapshot,
    tags: { RollbackService: 'backup' },
    since,
  });
  const untilReady = async (asked: ReturnType<typeof wanted>) => {
    await expect.poll(() => takeSnapshot(asked, 0), { timeout: 30_000, interval: 50 }).toBe('READY');
    const { DBSnapshots } = await world.client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: asked.snapshot }));
    expect(DBSnapshots).toMatchObject([{ Status: 'available', DBInstanceIdentifier: asked.instance }]);
  };

  it('that takes longer than a look is waited for', async () => {
    const KmsKeyId = 'arn:aws:kms:eu-central-1:123456789012:key/1';
    await world.create('shop1', { settings: { KmsKeyId } });
    const asked = wanted('shop1', 'bk-shop1');
    expect(await takeSnapshot(asked, 0)).toBe('PENDING');
    expect((await world.describe('shop1')).DBInstanceStatus).toBe('backing-up');
    expect(await takeSnapshot(asked, 0)).toBe('PENDING');
    await untilReady(asked);
  });

  it('waits for another one that is under way', async () => {
    await world.create('shop2');
    await takeSnapshot(wanted('shop2', 'bk-shop2-other'), 0);
    const asked = wanted('shop2', 'bk-shop2');
    expect(await takeSnapshot(asked, 0)).toBe('PENDING');
    await untilReady(asked);
  });

  it('is given up when the instance takes none for hours', async () => {
    await world.create('shop3');
    await takeSnapshot(wanted('shop3', 'bk-shop3-other'), 0);
    const asked = wanted('shop3', 'bk-shop3', new Date(Date.now() - 3 * 3_600_000).toISOString());
    await expect(takeSnapshot(asked, 0)).rejects.toMatchObject({ name: 'BackupFailed', message: /describe-db-instances/ });
  });

  it('fails at once where there is no such instance', async () => {
    await expect(takeSnapshot(wanted('shop-none', 'bk-none'), 0)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  });
});
