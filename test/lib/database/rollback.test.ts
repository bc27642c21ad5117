import { ListTagsForResourceCommand, type Tag } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateRollback } from '../../../lib/log/rollbacks.ts';
import { planDatabase } from '../../../lib/rollback/database.ts';
import { problem } from '../../local/rds-world.ts';
import { type DatabaseRollback, DatabaseWorld, SETTINGS } from './world.ts';

const byKey = (tags: readonly Tag[] = []) => Object.fromEntries(tags.map(({ Key = '', Value }) => [Key, Value]));

describe.skipIf(problem)('a database', () => {
  let world: DatabaseWorld;
  beforeAll(async () => {
    world = await DatabaseWorld.start();
  });
  afterAll(() => world?.close(), 60_000);

  const types = async (rollback: DatabaseRollback) => (await rollback.events()).map(({ type }) => type);

  describe('is restored, cut over by rename, and brought back', () => {
    let shop: DatabaseRollback;
    let restoredId: string | undefined;
    beforeAll(async () => {
      shop = await world.begin(SETTINGS);
    }, 60_000);

    it('with every setting and tag of its source, and the data of then', async () => {
      expect(await shop.run('prepare')).toMatchObject({
        state: 'READY',
        restoredAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      });
      const [source, restored] = [await shop.describe(shop.created.identifier), await shop.describe(shop.names.restored)];
      restoredId = restored.DbiResourceId;
      const carried = [
        ...Object.keys(SETTINGS).filter(
          (name) => !['VpcSecurityGroupIds', 'DBSubnetGroupName', 'DBParameterGroupName', 'OptionGroupName'].includes(name),
        ),
        'VpcSecurityGroups',
        'DBSubnetGroup',
        'DBParameterGroups',
        'OptionGroupMemberships',
        'StorageType',
      ] as (keyof typeof source)[];
      for (const name of carried) expect(restored[name], name).toEqual(source[name]);
      expect(byKey(restored.TagList)).toEqual({ Team: 'shop', RollbackId: shop.id, RollbackService: 'restored' });
      expect(restored.DeletionProtection).toBe(false);
      expect([await shop.rowsAt(shop.names.restored), await shop.rowsServed()]).toEqual([100, 150]);
      expect(await types(shop)).toEqual(['database-restore-begun', 'database-changed', 'database-prepared']);
      expect(await shop.work()).toMatchObject({ restored: { identifier: shop.names.restored, resourceId: restoredId } });
    });

    it('is prepared when it is asked for again', async () => {
      expect(await shop.advance('prepare')).toMatchObject({ state: 'READY' });
      expect(await types(shop)).toHaveLength(3);
    });

    it('is said to get its name as soon as that is asked for, with the address on record that it must no longer lead to', async () => {
      expect(await shop.advance('apply')).toMatchObject({ state: 'NAMING', cause: '' });
      const { Endpoint, DbiResourceId } = await shop.describe(shop.names.kept);
      expect((await shop.work()).kept).toEqual({
        identifier: shop.names.kept,
        resourceId: DbiResourceId,
        address: { host: Endpoint?.Address, port: Endpoint?.Port },
      });
      expect((await types(shop)).at(-1)).toBe('database-rename-asked');
      expect((await shop.work()).renaming).toEqual({
        resourceId: restoredId,
        from: shop.names.restored,
        to: shop.created.identifier,
      });
    });

    it('serves the data of then by the address that it always had; the old one is kept, marked and protected', async () => {
      expect(await shop.run('apply')).toMatchObject({ state: 'READY', cause: '' });
      expect([await shop.rowsServed(), await shop.rowsAt(shop.names.kept)]).toEqual([100, 150]);
      const [now, old] = [await shop.describe(shop.created.identifier), await shop.describe(shop.names.kept)];
      expect([now.DbiResourceId, old.DbiResourceId]).toEqual([restoredId, shop.created.resourceId]);
      expect([now.DeletionProtection, old.DeletionProtection]).toEqual([true, true]);
      const { TagList } = await world.rds.client.send(new ListTagsForResourceCommand({ ResourceName: old.DBInstanceArn }));
      expect(byKey(TagList)).toEqual({ Team: 'shop', RollbackId: shop.id, RollbackService: 'kept' });
      const renames = (await shop.events()).filter(({ type }) => type === 'database-rename-asked').map(({ detail }) => detail.to);
      expect(renames).toEqual([shop.names.kept, shop.created.identifier]);
    });

    it('and all is as before when it is undone', async () => {
      expect(await shop.run('undo')).toMatchObject({ state: 'READY', cause: '' });
      expect([await shop.rowsServed(), await shop.rowsAt(shop.names.restored)]).toEqual([150, 100]);
      const source = await shop.describe(shop.created.identifier);
      expect(source.DbiResourceId).toBe(shop.created.resourceId);
      expect(byKey(source.TagList)).toMatchObject({ RollbackService: 'returned' });
      expect(await shop.work()).toMatchObject({ undoBegunAt: expect.any(String), undoneAt: expect.any(String) });
      expect((await types(shop)).at(-1)).toBe('database-undone');
      // An execution that died late does not begin it all over.
      expect(await shop.advance('apply')).toMatchObject({ state: 'FAILED', cause: expect.stringContaining('undone') });
    });
  });

  it('is cut over by environment without any rename', async () => {
    const shop = await world.begin({}, { cutover: 'environment' });
    await shop.run('prepare');
    expect(await shop.run('apply')).toMatchObject({ state: 'READY' });
    const [now, old] = [await shop.describe(shop.names.restored), await shop.describe(shop.created.identifier)];
    expect([now.DeletionProtection, old.DeletionProtection]).toEqual([true, true]);
    expect(await shop.work()).toMatchObject({ cutOverBegunAt: expect.any(String), cutOverAt: expect.any(String) });
    expect(await shop.run('undo')).toMatchObject({ state: 'READY' });
    expect([await shop.rowsServed(), await shop.rowsAt(shop.names.restored)]).toEqual([150, 100]);
  });

  it('is neither prepared nor cut over after a cancellation; a cut-over that was begun goes on', async () => {
    const shop = await world.begin();
    await shop.run('prepare');
    await updateRollback(shop.id, { cancelRequestedBy: 'ana' });
    await expect(shop.advance('prepare')).rejects.toMatchObject({ name: 'RollbackCancelled' });
    await expect(shop.advance('apply')).rejects.toMatchObject({ name: 'RollbackCancelled' });
    expect(await shop.rowsServed()).toBe(150);
    const other = await world.begin();
    await other.run('prepare');
    expect(await other.advance('apply', 0)).toMatchObject({ state: 'PENDING' });
    await updateRollback(other.id, { cancelRequestedBy: 'ana' });
    expect(await other.run('apply')).toMatchObject({ state: 'READY' });
  });

  it('is planned only when it is there and has backups for the time', async () => {
    const asked = (instance: string, restoreTime = new Date(0).toISOString()) =>
      planDatabase({
        rollbackId: 'r',
        database: { instance, cutover: 'rename', stopServices: 'before-restore' },
        restoreTime,
        now: new Date(),
      });
    await world.rds.create('elsewhere');
    await world.rds.create('shop-bare', { settings: { BackupRetentionPeriod: 0 } });
    await world.rds.create('shop-replica', { members: { ReadReplicaSourceDBInstanceIdentifier: 'shop-bare' } });
    await world.rds.create('shop-pooled');
    world.rds.rds.addProxy('pool', 'shop-pooled');
    await world.rds.create('shop-secret', { members: { MasterUserSecret: { SecretArn: 'arn:secret' } } });
    const codes = await Promise.all(
      ['shop-nowhere', 'elsewhere', 'shop-bare', 'shop-replica', 'shop-secret', 'shop-pooled', 'shop1'].map(
        async (name) => (await asked(name)).refusal?.code,
      ),
    );
    expect(codes).toEqual([
      'database-unknown',
      'database-not-permitted',
      'database-no-backups',
      'database-unsupported',
      'database-unsupported',
      'database-unsupported',
      'restore-time-outside-window',
    ]);
    const { target, warnings } = await asked('shop1', new Date(Math.floor(Date.now() / 1000) * 1000 - 1000).toISOString());
    expect(target).toMatchObject({ size: 'db.m7g.large with 50 GB gp3, Multi-AZ', source: { identifier: 'shop1' } });
    expect(warnings?.join()).toContain('passwords');
  });
});
