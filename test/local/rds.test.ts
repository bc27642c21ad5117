import { setTimeout as sleep } from 'node:timers/promises';
import {
  AddTagsToResourceCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedInstance } from '../../local/aws/rds/create.ts';
import { problem, type RdsWorld, sql, startRdsWorld } from './rds-world.ts';
import { allow } from './s3-world.ts';

const ARN = 'arn:aws:rds:eu-central-1:123456789012';

describe.skipIf(problem)('instances', () => {
  let world: RdsWorld;
  let blue: CreatedInstance;
  let green: CreatedInstance;
  beforeAll(async () => {
    world = await startRdsWorld();
    [blue, green] = await Promise.all([
      world.create('blue', { tags: { Team: 'shop' } }),
      world.create('green', { settings: { BackupRetentionPeriod: 0 } }),
    ]);
    await sql(blue, "CREATE TABLE name AS SELECT 'blue' AS name");
    await sql(green, "CREATE TABLE name AS SELECT 'green' AS name");
  });
  afterAll(() => world?.close());

  const modify = (DBInstanceIdentifier: string, changes: Omit<ModifyDBInstanceCommandInput, 'DBInstanceIdentifier'>) =>
    world.client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ApplyImmediately: true, ...changes }));
  const nameAt = async (address: CreatedInstance) => (await sql(address, 'SELECT name FROM name'))[0].name;
  const list = async (Name: string, Values: string[]) => {
    const { DBInstances } = await world.client.send(new DescribeDBInstancesCommand({ Filters: [{ Name, Values }] }));
    return DBInstances?.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
  };
  const restoreFrom = (source: string) =>
    new RestoreDBInstanceToPointInTimeCommand({
      SourceDBInstanceIdentifier: source,
      TargetDBInstanceIdentifier: 'restored',
      UseLatestRestorableTime: true,
    });

  describe('a rename', () => {
    const rename = async (from: string, to: string) => {
      await modify(from, { NewDBInstanceIdentifier: to });
      return world.until(to, 'available');
    };

    it('reboots the instance, which keeps its resource id, and ends the old endpoint', async () => {
      const session = new Client(blue.url);
      const ended = new Promise((resolve) => session.on('error', resolve));
      await session.connect();
      const { DBInstance: answer } = await modify('blue', { NewDBInstanceIdentifier: 'blue-old' });
      // As in AWS, it doesn't begin at once.
      expect(answer).toMatchObject({
        DBInstanceStatus: 'available',
        PendingModifiedValues: { DBInstanceIdentifier: 'blue-old' },
      });
      await expect(modify('green', { NewDBInstanceIdentifier: 'blue-old' })).rejects.toMatchObject({
        name: 'DBInstanceAlreadyExistsFault',
      });
      const statuses = new Set<string | undefined>();
      while (!statuses.has('available') || statuses.size < 2) {
        const answer = await world.client.send(
          new DescribeDBInstancesCommand({ Filters: [{ Name: 'dbi-resource-id', Values: [blue.resourceId] }] }),
        );
        statuses.add(answer.DBInstances?.[0]?.DBInstanceStatus);
        if (answer.DBInstances?.[0]?.DBInstanceIdentifier === 'blue-old') break;
      }
      expect(statuses).toContain('renaming');
      await world.until('blue-old', 'available');
      await expect(world.describe('blue')).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
      await expect(sql(blue, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNRESET' });
      await ended;
      await session.end().catch(() => {});
      expect(await sql(await world.describe('blue-old'), 'SELECT name FROM name')).toEqual([{ name: 'blue' }]);
      await rename('blue-old', 'blue');
      expect(await nameAt(blue)).toBe('blue');
    });

    it('swaps two instances and back, each name with the same endpoint all along', async () => {
      await rename('blue', 'blue-old');
      await rename('green', 'blue');
      expect(await nameAt(blue)).toBe('green');
      expect(await list('dbi-resource-id', [green.resourceId])).toEqual(['blue']);
      await rename('blue', 'green');
      await rename('blue-old', 'blue');
      expect([await nameAt(blue), await nameAt(green)]).toEqual(['blue', 'green']);
    });
  });

  describe('a modification', () => {
    it('shows what is pending until it is applied; other settings count at once', async () => {
      const { DBInstance: answer } = await modify('blue', {
        DBInstanceClass: 'db.m7g.large',
        DeletionProtection: true,
        DBParameterGroupName: 'tuned',
        CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql'] },
      });
      expect(answer).toMatchObject({
        DBInstanceStatus: 'available',
        DBInstanceClass: 'db.t4g.micro',
        PendingModifiedValues: { DBInstanceClass: 'db.m7g.large' },
        DeletionProtection: true,
        DBParameterGroups: [{ DBParameterGroupName: 'tuned', ParameterApplyStatus: 'pending-reboot' }],
        EnabledCloudwatchLogsExports: ['postgresql'],
      });
      expect(await world.until('blue', 'available')).toEqual(['available', 'modifying']);
      expect(await world.describe('blue')).toMatchObject({ DBInstanceClass: 'db.m7g.large' });
    });

    it('waits for the maintenance window without ApplyImmediately', async () => {
      await modify('blue', { MultiAZ: true, ApplyImmediately: false });
      expect(await world.describe('blue')).toMatchObject({ MultiAZ: false, PendingModifiedValues: { MultiAZ: true } });
      await modify('blue', { CopyTagsToSnapshot: true });
      await world.until('blue', 'available');
      expect(await world.describe('blue')).toMatchObject({ MultiAZ: true, CopyTagsToSnapshot: true });
    });

    it('changes the password of the master user', async () => {
      const { DBInstance: answer } = await modify('green', { MasterUserPassword: 'a new one?'.replaceAll(' ', '-') });
      expect(answer?.PendingModifiedValues).toEqual({ MasterUserPassword: '****' });
      await world.until('green', 'available');
      await expect(nameAt(green)).rejects.toMatchObject({ code: '28P01' });
      green = { ...green, url: green.url.replace(/:[^:@]*@/, ':a-new-one%3F@') };
      expect(await nameAt(green)).toBe('green');
    });

    it('starts and ends automated backups', async () => {
      const backups = new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: 'green' });
      await expect(world.client.send(backups)).rejects.toMatchObject({ name: 'DBInstanceAutomatedBackupNotFoundFault' });
      await expect(world.client.send(restoreFrom('green'))).rejects.toMatchObject({ name: 'PointInTimeRestoreNotEnabledFault' });
      await modify('green', { BackupRetentionPeriod: 3 });
      expect(await world.until('green', 'available')).toContain('backing-up');
      expect((await world.client.send(backups)).DBInstanceAutomatedBackups).toMatchObject([{ Status: 'active' }]);
      expect(await world.describe('green')).toMatchObject({ LatestRestorableTime: expect.any(Date) });
      await modify('green', { BackupRetentionPeriod: 0 });
      await world.until('green', 'available');
      await expect(world.client.send(backups)).rejects.toMatchObject({ name: 'DBInstanceAutomatedBackupNotFoundFault' });
    });

    it.each([
      ['too long a retention period', { BackupRetentionPeriod: 36 }, 'InvalidParameterValue'],
      ['monitoring without a role', { MonitoringInterval: 60 }, 'InvalidParameterCombination'],
      ['a short password', { MasterUserPassword: 'short' }, 'InvalidParameterValue'],
      ['its own name', { NewDBInstanceIdentifier: 'green' }, 'DBInstanceAlreadyExistsFault'],
      ['what the laptop does not have', { DBPortNumber: 5433 }, 'InvalidParameterValue'],
    ])('refuses %s', async (_what, changes, name) => {
      await expect(modify('green', changes)).rejects.toMatchObject({ name });
    });
  });

  describe('tags', () => {
    it('are added and listed', async () => {
      const ResourceName = `${ARN}:db:blue`;
      await world.client.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'kept', Value: 'by <rollback>' }] }));
      const { TagList } = await world.client.send(new ListTagsForResourceCommand({ ResourceName }));
      expect(TagList).toEqual([
        { Key: 'Team', Value: 'shop' },
        { Key: 'kept', Value: 'by <rollback>' },
      ]);
      const unknown = world.client.send(new ListTagsForResourceCommand({ ResourceName: `${ARN}:db:nobody` }));
      await expect(unknown).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    });
  });

  describe('a caller', () => {
    const refused = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

    it('needs a permission on both names of a rename', async () => {
      const rename = new ModifyDBInstanceCommand({
        DBInstanceIdentifier: 'blue',
        NewDBInstanceIdentifier: 'blue',
        ApplyImmediately: true,
      });
      const half = world.clientWith([allow('rds:ModifyDBInstance', `${ARN}:db:blu`)]);
      await expect(half.send(rename)).rejects.toMatchObject(refused);
      const whole = world.clientWith([allow('rds:ModifyDBInstance', `${ARN}:db:blue`)]);
      await expect(whole.send(rename)).rejects.toMatchObject({ name: 'DBInstanceAlreadyExistsFault' });
    });

    it('needs one on source, target and groups of a restore', async () => {
      const resources = [
        `${ARN}:db:green`,
        `${ARN}:db:restored`,
        `${ARN}:pg:default*`,
        `${ARN}:og:default*`,
        `${ARN}:subgrp:default`,
      ];
      const restore = (without: number) => {
        const Resource = resources.filter((_, index) => index !== without);
        return world.clientWith([allow('rds:RestoreDBInstanceToPointInTime', Resource)]).send(restoreFrom('green'));
      };
      for (const [index] of resources.entries()) await expect(restore(index)).rejects.toMatchObject(refused);
      await expect(restore(-1)).rejects.toMatchObject({ name: 'PointInTimeRestoreNotEnabledFault' });
    });

    it('can be told by the tags of an instance', async () => {
      const describe = new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'blue' });
      const client = (Team: string) => {
        const Condition = { StringEquals: { 'aws:ResourceTag/Team': Team } };
        return world.clientWith([{ ...allow('rds:DescribeDBInstances'), Condition }]);
      };
      await expect(client('other').send(describe)).rejects.toMatchObject(refused);
      await client('shop').send(describe);
    });

    it('has no way to delete, and can be struck by faults', async () => {
      const deletion = world.client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'blue' }));
      await expect(deletion).rejects.toMatchObject({ name: 'UnknownOperationException' });
      const error = { code: 'Throttling', message: 'Rate exceeded', status: 400 };
      world.faults.inject({ service: 'rds', operation: 'DescribeDBInstances', kind: 'error', error });
      await expect(world.describe('blue')).rejects.toMatchObject({ name: 'Throttling' });
      await world.describe(`${ARN}:db:blue`);
    });
  });

  // The last ones: what they do to the instances is for good.
  describe('at the end', () => {
    it('a rename can end in a final failure, under the old name', async () => {
      world.rds.failNext('green-*', 'incompatible-network');
      await modify('green', { NewDBInstanceIdentifier: 'green-new' });
      while ((await world.describe('green')).DBInstanceStatus !== 'incompatible-network') await sleep(10);
      await expect(modify('green', { DeletionProtection: true })).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
      expect(await list('dbi-resource-id', [green.resourceId])).toEqual(['green']);
    });

    it('and then the name that it was to get is free, though the instance still says it', async () => {
      expect((await world.describe('green')).PendingModifiedValues).toMatchObject({ DBInstanceIdentifier: 'green-new' });
      await modify('blue', { NewDBInstanceIdentifier: 'green-new' });
      await world.until('green-new', 'available');
      await modify('green-new', { NewDBInstanceIdentifier: 'blue' });
      await world.until('blue', 'available');
    });

    it('all servers end within seconds, whatever is under way', async () => {
      await world.client.send(restoreFrom('blue'));
      const start = performance.now();
      await world.close();
      expect(performance.now() - start).toBeLessThan(10_000);
      await expect(sql(blue, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  });
});
