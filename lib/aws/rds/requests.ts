/** Settings by the names that requests have for them. */
import type { ModifyDBInstanceCommandInput, RestoreDBInstanceToPointInTimeCommandInput } from '@aws-sdk/client-rds';
import type { DatabaseChanges } from '../../domain/database/settings.ts';
import type { DatabaseSettings, DatabaseState } from '../../domain/database/state.ts';

/** Which both requests take. */
const NAMES = {
  class: 'DBInstanceClass',
  storageType: 'StorageType',
  iops: 'Iops',
  storageThroughput: 'StorageThroughput',
  maxAllocatedStorage: 'MaxAllocatedStorage',
  dedicatedLogVolume: 'DedicatedLogVolume',
  multiAz: 'MultiAZ',
  networkType: 'NetworkType',
  publiclyAccessible: 'PubliclyAccessible',
  securityGroups: 'VpcSecurityGroupIds',
  subnetGroup: 'DBSubnetGroupName',
  parameterGroup: 'DBParameterGroupName',
  optionGroup: 'OptionGroupName',
  caCertificate: 'CACertificateIdentifier',
  iamAuthentication: 'EnableIAMDatabaseAuthentication',
  autoMinorVersionUpgrade: 'AutoMinorVersionUpgrade',
  engineLifecycleSupport: 'EngineLifecycleSupport',
  copyTagsToSnapshot: 'CopyTagsToSnapshot',
  deletionProtection: 'DeletionProtection',
  backupWindow: 'PreferredBackupWindow',
  backupRetentionDays: 'BackupRetentionPeriod',
} as const satisfies Partial<Record<keyof DatabaseSettings, keyof RestoreDBInstanceToPointInTimeCommandInput>>;

const MODIFY_NAMES = {
  ...NAMES,
  maintenanceWindow: 'PreferredMaintenanceWindow',
  monitoringInterval: 'MonitoringInterval',
  monitoringRole: 'MonitoringRoleArn',
  insightsMode: 'DatabaseInsightsMode',
  performanceInsights: 'EnablePerformanceInsights',
  performanceInsightsKey: 'PerformanceInsightsKMSKeyId',
  performanceInsightsRetention: 'PerformanceInsightsRetentionPeriod',
} as const satisfies Partial<Record<keyof DatabaseSettings, keyof ModifyDBInstanceCommandInput>>;

export function restoreMembers({
  logExports,
  ...settings
}: DatabaseChanges): Partial<RestoreDBInstanceToPointInTimeCommandInput> {
  return { ...named(settings, NAMES), ...(logExports && { EnableCloudwatchLogsExports: [...logExports] }) };
}

/** `instance`: as it is before the changes, since exports of logs are turned on and off one by one. */
export function modifyMembers(
  { settings: is }: DatabaseState,
  { logExports, ...changes }: DatabaseChanges,
): Partial<ModifyDBInstanceCommandInput> {
  return {
    ...named(changes, MODIFY_NAMES),
    ...(logExports && {
      CloudwatchLogsExportConfiguration: {
        EnableLogTypes: logExports.filter((type) => !is.logExports.includes(type)),
        DisableLogTypes: is.logExports.filter((type) => !logExports.includes(type)),
      },
    }),
  };
}

function named(changes: DatabaseChanges, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [names[name], value]));
}
