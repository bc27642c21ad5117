/** An instance as RDS describes it, in the words of the service. */
import type { DBInstance, PendingModifiedValues } from '@aws-sdk/client-rds';
import type { DatabaseSettings, DatabaseState } from '../../domain/database/state.ts';

export function databaseState(instance: DBInstance): DatabaseState {
  const { DBInstanceIdentifier: renamingTo = null, ...pending } = instance.PendingModifiedValues ?? {};
  const { Endpoint: endpoint } = instance;
  return {
    identifier: instance.DBInstanceIdentifier ?? '',
    resourceId: instance.DbiResourceId ?? '',
    arn: instance.DBInstanceArn ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    renamingTo,
    pending: waiting(pending),
    address: endpoint?.Address && endpoint.Port ? { host: endpoint.Address, port: endpoint.Port } : null,
    engine: instance.Engine ?? '',
    allocatedStorage: instance.AllocatedStorage ?? 0,
    settings: settingsOf(instance),
    tags: Object.fromEntries((instance.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    replicas: [...(instance.ReadReplicaDBInstanceIdentifiers ?? []), ...(instance.ReadReplicaDBClusterIdentifiers ?? [])],
    replicaOf: instance.ReadReplicaSourceDBInstanceIdentifier ?? instance.ReadReplicaSourceDBClusterIdentifier ?? null,
    cluster: instance.DBClusterIdentifier ?? null,
    hasManagedPassword: instance.MasterUserSecret !== undefined,
    directories: (instance.DomainMemberships ?? []).map(({ FQDN, Domain = '' }) => FQDN ?? Domain),
    roles: (instance.AssociatedRoles ?? []).map(({ FeatureName = '', RoleArn = '' }) => ({ feature: FeatureName, arn: RoleArn })),
    isOnOutpost: instance.BackupTarget === 'outposts' || instance.CustomerOwnedIpEnabled === true,
  };
}

/** RDS answers empty lists too. */
function waiting(pending: PendingModifiedValues): string[] {
  return Object.entries(pending)
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .map(([name]) => name);
}

function settingsOf(instance: DBInstance): DatabaseSettings {
  return defined({
    class: instance.DBInstanceClass ?? '',
    ...storageOf(instance),
    ...networkOf(instance),
    ...observationOf(instance),
    multiAz: instance.MultiAZ ?? false,
    parameterGroup: instance.DBParameterGroups?.[0]?.DBParameterGroupName,
    optionGroup: instance.OptionGroupMemberships?.find(isStaying)?.OptionGroupName,
    autoMinorVersionUpgrade: instance.AutoMinorVersionUpgrade ?? false,
    engineLifecycleSupport: instance.EngineLifecycleSupport,
    copyTagsToSnapshot: instance.CopyTagsToSnapshot ?? false,
    deletionProtection: instance.DeletionProtection ?? false,
    maintenanceWindow: instance.PreferredMaintenanceWindow,
    backupWindow: instance.PreferredBackupWindow,
    backupRetentionDays: instance.BackupRetentionPeriod ?? 0,
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** What RDS leaves out is left out here too. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function storageOf(instance: DBInstance) {
  return {
    storageType: instance.StorageType ?? '',
    iops: instance.Iops,
    storageThroughput: instance.StorageThroughput,
    maxAllocatedStorage: instance.MaxAllocatedStorage,
    dedicatedLogVolume: instance.DedicatedLogVolume ?? false,
  };
}

function networkOf(instance: DBInstance) {
  const groups = instance.VpcSecurityGroups?.filter(isStaying) ?? [];
  return {
    networkType: instance.NetworkType,
    publiclyAccessible: instance.PubliclyAccessible ?? false,
    securityGroups: groups.map(({ VpcSecurityGroupId = '' }) => VpcSecurityGroupId),
    subnetGroup: instance.DBSubnetGroup?.DBSubnetGroupName,
    caCertificate: instance.CACertificateIdentifier,
    iamAuthentication: instance.IAMDatabaseAuthenticationEnabled ?? false,
  };
}

function observationOf(instance: DBInstance) {
  return {
    logExports: instance.EnabledCloudwatchLogsExports ?? [],
    monitoringInterval: instance.MonitoringInterval ?? 0,
    monitoringRole: instance.MonitoringRoleArn,
    insightsMode: instance.DatabaseInsightsMode,
    performanceInsights: instance.PerformanceInsightsEnabled ?? false,
    performanceInsightsKey: instance.PerformanceInsightsKMSKeyId,
    performanceInsightsRetention: instance.PerformanceInsightsRetentionPeriod,
  };
}

/** Groups that are on their way out are listed beside those that come. */
function isStaying({ Status = '' }: { Status?: string | undefined }): boolean {
  return !/remov/.test(Status);
}
