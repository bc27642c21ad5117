import { REGION } from '../service.ts';
import type { BackupWindow } from './backup-window.ts';
import { type Instance, rdsArn } from './instances.ts';
import type { Tags } from './requests.ts';
import type { Snapshot } from './snapshots.ts';

/** Names of the elements of lists, where it isn't `member`. */
export const ITEM_NAMES: Readonly<Record<string, string>> = {
  DBInstanceAutomatedBackups: 'DBInstanceAutomatedBackup',
  DBInstances: 'DBInstance',
  DBParameterGroups: 'DBParameterGroup',
  DBSnapshots: 'DBSnapshot',
  OptionGroupMemberships: 'OptionGroupMembership',
  ReadReplicaDBInstanceIdentifiers: 'ReadReplicaDBInstanceIdentifier',
  TagList: 'Tag',
  VpcSecurityGroups: 'VpcSecurityGroupMembership',
};

/** An instance as DescribeDBInstances has it. */
export function describeInstance(instance: Instance, window: BackupWindow | undefined): object {
  const { identifier, resourceId, address } = instance;
  const { VpcSecurityGroupIds: groups, DBParameterGroupName, DBSubnetGroupName, OptionGroupName, ...plain } = instance.settings;
  return {
    DBInstanceIdentifier: identifier,
    DBInstanceArn: rdsArn('db', identifier),
    DbiResourceId: resourceId,
    DBInstanceStatus: instance.status,
    DBName: instance.database,
    MasterUsername: instance.masterUsername,
    DbInstancePort: 0,
    InstanceCreateTime: instance.createdAt,
    LatestRestorableTime: window?.latest,
    Endpoint: address && { Address: address.host, Port: address.port, HostedZoneId: 'ZLAPTOP' },
    ...plain,
    VpcSecurityGroups: groups.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus: instance.hasNewParameters ? 'pending-reboot' : 'in-sync' }],
    DBSubnetGroup: { DBSubnetGroupName, VpcId: 'vpc-laptop', SubnetGroupStatus: 'Complete' },
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    PendingModifiedValues: describePending(instance),
    ReadReplicaDBInstanceIdentifiers: [],
    BackupTarget: 'region',
    TagList: describeTags(instance.tags),
    ...instance.members,
  };
}

function describePending({ pending }: Instance): object {
  return { ...pending, ...(pending.MasterUserPassword !== undefined && { MasterUserPassword: '****' }) };
}

export function describeTags(tags: Tags): readonly object[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The automated backup of an instance as DescribeDBInstanceAutomatedBackups has it. */
export function describeAutomatedBackup(instance: Instance, window: BackupWindow | undefined): object {
  return {
    ...describeOrigin(instance),
    DBInstanceArn: rdsArn('db', instance.identifier),
    DBInstanceAutomatedBackupsArn: rdsArn('auto-backup', `ab-${instance.resourceId.slice('db-'.length).toLowerCase()}`),
    Region: REGION,
    Status: window ? 'active' : 'creating',
    RestoreWindow: window && { EarliestTime: window.earliest, LatestTime: window.latest },
    BackupRetentionPeriod: instance.settings.BackupRetentionPeriod,
    BackupTarget: 'region',
  };
}

/** A snapshot as DescribeDBSnapshots has it. */
export function describeSnapshot({ identifier, status, createdAt, tags, origin }: Snapshot): object {
  return {
    ...origin,
    DBSnapshotIdentifier: identifier,
    DBSnapshotArn: rdsArn('snapshot', identifier),
    SnapshotType: 'manual',
    SnapshotTarget: 'region',
    Status: status,
    PercentProgress: status === 'available' ? 100 : 0,
    SnapshotCreateTime: createdAt,
    TagList: describeTags(tags),
  };
}

/** What backups tell of the instance that they are of. */
export function describeOrigin({ identifier, resourceId, masterUsername, createdAt, settings }: Instance): object {
  return {
    DBInstanceIdentifier: identifier,
    DbiResourceId: resourceId,
    InstanceCreateTime: createdAt,
    MasterUsername: masterUsername,
    Engine: settings.Engine,
    EngineVersion: settings.EngineVersion,
    LicenseModel: settings.LicenseModel,
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    Encrypted: settings.StorageEncrypted,
    KmsKeyId: settings.KmsKeyId,
    AvailabilityZone: settings.AvailabilityZone,
    VpcId: 'vpc-laptop',
    OptionGroupName: settings.OptionGroupName,
    IAMDatabaseAuthenticationEnabled: settings.IAMDatabaseAuthenticationEnabled,
  };
}
