import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateDBSnapshotCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBSnapshotsCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type RestoreDBInstanceToPointInTimeCommandInput,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedInstance } from '../../local/aws/rds/create.ts';
import type { Settings } from '../../local/aws/rds/settings.ts';
import { problem, type RdsWorld, sql, startRdsWorld } from './rds-world.ts';

const NOT_INHERITED: Partial<Settings> = {
  VpcSecurityGroupIds: ['sg-1', 'sg-2'],
  DBSubnetGroupName: 'private',
  DBParameterGroupName: 'tuned',
  OptionGroupName: 'extras',
  MultiAZ: true,
  IAMDatabaseAuthenticationEnabled: true,
  CopyTagsToSnapshot: true,
  DeletionProtection: true,
  PubliclyAccessible: false,
  EnabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
  CACertificateIdentifier: 'rds-ca-ecc384-g1',
  MaxAllocatedStorage: 100,
  AutoMinorVersionUpgrade: false,
  EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
  MonitoringInterval: 60,
  MonitoringRoleArn: 'arn:aws:iam::123456789012:role/monitoring',
  PreferredMaintenanceWindow: 'tue:01:00-tue:01:30',
};
const INHERITED: Partial<Settings> = {
  DBInstanceClass: 'db.m7g.large',
  AllocatedStorage: 50,
  BackupRetentionPeriod: 7,
  PreferredBackupWindow: '03:00-03:30',
};

describe.skipIf(problem)('a restore to a time', () => {
  let world: RdsWorld;
  let shop: CreatedInstance;
  /** When there were 100 good rows. */
  let good: Date;
  beforeAll(async () => {
    world = await startRdsWorld();
    shop = await world.create('shop', { settings: { ...NOT_INHERITED, ...INHERITED }, tags: { Team: 'shop' } });
    await sql(shop, 'CREATE TABLE orders AS SELECT generate_series(1, 100) AS id, true AS good');
    await sleep(2);
    good = new Date();
    await sleep(2);
    await sql(shop, 'UPDATE orders SET good = false; INSERT INTO orders SELECT generate_series(101, 150), false');
  });
  afterAll(() => world?.close());

  const restore = (target: string, more: Partial<RestoreDBInstanceToPointInTimeCommandInput> = {}) => {
    const input = { SourceDBInstanceIdentifier: 'shop', TargetDBInstanceIdentifier: target, ...more };
    return world.client.send(new RestoreDBInstanceToPointInTimeCommand({ RestoreTime: good, ...input }));
  };
  const rows = async (address: Parameters<typeof sql>[0]) => {
    const [{ all, good }] = await sql(
      address,
      'SELECT count(*)::int AS all, count(*) FILTER (WHERE good)::int AS good FROM orders',
    );
    return { all, good };
  };

  it('has what was committed then, nothing later, and is a server of its own', async () => {
    const { DBInstance: answer } = await restore('restored');
    expect(answer).toMatchObject({ DBInstanceStatus: 'creating', DBInstanceIdentifier: 'restored' });
    expect([answer?.Endpoint, answer?.InstanceCreateTime]).toEqual([undefined, undefined]);
    expect(await world.until('restored', 'available')).toEqual(['creating', 'backing-up', 'available']);
    const restored = await world.describe('restored');
    expect(await rows(restored)).toEqual({ all: 100, good: 100 });
    expect(await rows(shop)).toEqual({ all: 150, good: 0 });
    await sql(restored, 'DELETE FROM orders WHERE id > 10');
    expect(await rows(shop)).toEqual({ all: 150, good: 0 });
    expect(restored.DbiResourceId).not.toBe(shop.resourceId);
    // It can be restored itself, on the timeline that the recovery began.
    const source = { SourceDBInstanceIdentifier: undefined, SourceDbiResourceId: restored.DbiResourceId };
    await restore('again', { ...source, RestoreTime: undefined, UseLatestRestorableTime: true });
    await sql(restored, 'DROP TABLE orders');
    await world.until('again', 'available');
    expect(await rows(await world.describe('again'))).toEqual({ all: 10, good: 10 });
  });

  it('inherits what RDS lets it inherit, and has defaults or what it is told for the rest', async () => {
    const groups = { VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { VpcSecurityGroupId: 'sg-2' }] };
    expect(await world.describe('shop')).toMatchObject({ ...groups, MultiAZ: true, TagList: [{ Key: 'Team', Value: 'shop' }] });
    world.rds.failNext('plain', 'failed');
    world.rds.failNext('told', 'failed');
    const { DBInstance: plain } = await restore('plain');
    expect(plain).toMatchObject({
      ...INHERITED,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default', Status: 'active' }],
      DBSubnetGroup: { DBSubnetGroupName: 'default' },
      DBParameterGroups: [{ DBParameterGroupName: 'default.postgres18', ParameterApplyStatus: 'in-sync' }],
      OptionGroupMemberships: [{ OptionGroupName: 'default:postgres-18' }],
      MultiAZ: false,
      IAMDatabaseAuthenticationEnabled: false,
      CopyTagsToSnapshot: false,
      DeletionProtection: false,
      PubliclyAccessible: true,
      EnabledCloudwatchLogsExports: [],
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
      AutoMinorVersionUpgrade: true,
      EngineLifecycleSupport: 'open-source-rds-extended-support',
      MonitoringInterval: 0,
      TagList: [],
    });
    expect(plain?.MaxAllocatedStorage).toBeUndefined();
    const { DBInstance: told } = await restore('told', {
      VpcSecurityGroupIds: ['sg-1'],
      DBParameterGroupName: 'tuned',
      EnableIAMDatabaseAuthentication: true,
      EnableCloudwatchLogsExports: ['postgresql'],
      DeletionProtection: true,
      MaxAllocatedStorage: 100,
      Tags: [{ Key: 'rollback', Value: 'r 1' }],
    });
    expect(told).toMatchObject({
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }],
      DBParameterGroups: [{ DBParameterGroupName: 'tuned' }],
      IAMDatabaseAuthenticationEnabled: true,
      EnabledCloudwatchLogsExports: ['postgresql'],
      DeletionProtection: true,
      MaxAllocatedStorage: 100,
      TagList: [{ Key: 'rollback', Value: 'r 1' }],
    });
  });

  it('stays within the window of the automated backup', async () => {
    world.rds.setPace({ lagMs: 500 });
    const { DBInstanceAutomatedBackups: [backup] = [] } = await world.client.send(
      new DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId: shop.resourceId }),
    );
    world.rds.setPace({ lagMs: 0 });
    expect(backup).toMatchObject({ DBInstanceIdentifier: 'shop', Status: 'active', BackupRetentionPeriod: 7 });
    const { EarliestTime = new Date(Number.NaN), LatestTime = new Date(Number.NaN) } = backup?.RestoreWindow ?? {};
    expect(Date.now() - LatestTime.getTime()).toBeGreaterThanOrEqual(500);
    expect(Date.now() - LatestTime.getTime()).toBeLessThan(5000);
    const fault = { name: 'InvalidRestoreFault', message: expect.stringContaining(EarliestTime.toISOString()) };
    await expect(restore('x', { RestoreTime: new Date(EarliestTime.getTime() - 1) })).rejects.toMatchObject(fault);
    await expect(restore('x', { RestoreTime: new Date(Date.now() + 60_000) })).rejects.toMatchObject(fault);
  });

  it.each([
    'failed',
    'incompatible-network',
    'incompatible-option-group',
    'incompatible-parameters',
    'incompatible-restore',
    'insufficient-capacity',
    'restore-error',
  ] as const)('can end as %s', async (state) => {
    world.rds.setPace({ restoreMs: 50 });
    world.rds.failNext('ends-*', state);
    await restore(`ends-${state}`);
    expect(await world.until(`ends-${state}`, state)).toEqual(['creating', state]);
    world.rds.setPace({ restoreMs: 0 });
  });

  it.each<[string, string, Partial<RestoreDBInstanceToPointInTimeCommandInput>]>([
    ['a name that is taken', 'DBInstanceAlreadyExistsFault', { TargetDBInstanceIdentifier: 'SHOP' }],
    ['an unknown source', 'DBInstanceNotFoundFault', { SourceDBInstanceIdentifier: 'nobody' }],
    ['a bad name', 'InvalidParameterValue', { TargetDBInstanceIdentifier: 'a--b' }],
    ['a time and the latest one', 'InvalidParameterCombination', { UseLatestRestorableTime: true }],
    ['no time', 'InvalidParameterCombination', { RestoreTime: undefined }],
    ['performance of a small gp3 volume', 'InvalidParameterCombination', { StorageThroughput: 125 }],
    ['a zone for several ones', 'InvalidParameterCombination', { MultiAZ: true, AvailabilityZone: 'eu-central-1b' }],
    ['what the laptop does not have', 'InvalidParameterValue', { Domain: 'd-1' }],
  ])('refuses %s', async (_what, name, more) => {
    await expect(restore('refused', more)).rejects.toMatchObject({ name });
  });

  it('takes a snapshot', async () => {
    const DBSnapshotIdentifier = 'before-release';
    const Tags = [{ Key: 'release', Value: '1.2.3' }];
    const create = () =>
      world.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier, Tags }));
    expect((await create()).DBSnapshot).toMatchObject({
      Status: 'creating',
      DBInstanceIdentifier: 'shop',
      SnapshotType: 'manual',
    });
    expect((await world.describe('shop')).DBInstanceStatus).toBe('backing-up');
    await world.until('shop', 'available');
    const { DBSnapshots } = await world.client.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: 'shop' }));
    expect(DBSnapshots).toMatchObject([{ DBSnapshotIdentifier, Status: 'available', PercentProgress: 100 }]);
    expect(DBSnapshots?.[0]?.TagList).toEqual([{ Key: 'Team', Value: 'shop' }, ...Tags]);
    await expect(create()).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
    const unknown = world.client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: 'none' }));
    await expect(unknown).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
  });
});
