/** What can be set of an instance, by its name in DescribeDBInstances; groups by their bare names. */
export interface Settings {
  readonly Engine: string;
  readonly EngineVersion: string;
  readonly LicenseModel: string;
  readonly EngineLifecycleSupport: string;
  readonly DBInstanceClass: string;
  readonly AllocatedStorage: number;
  readonly MaxAllocatedStorage?: number;
  readonly StorageType: string;
  readonly Iops?: number;
  readonly StorageThroughput?: number;
  readonly StorageEncrypted: boolean;
  readonly KmsKeyId?: string;
  readonly DedicatedLogVolume: boolean;
  readonly MultiAZ: boolean;
  readonly AvailabilityZone: string;
  readonly NetworkType: string;
  readonly PubliclyAccessible: boolean;
  readonly VpcSecurityGroupIds: readonly string[];
  readonly DBSubnetGroupName: string;
  readonly DBParameterGroupName: string;
  readonly OptionGroupName: string;
  readonly CACertificateIdentifier: string;
  readonly IAMDatabaseAuthenticationEnabled: boolean;
  readonly AutoMinorVersionUpgrade: boolean;
  readonly PreferredMaintenanceWindow: string;
  readonly PreferredBackupWindow: string;
  /** Days; 0: no automated backups, no restore to a time. */
  readonly BackupRetentionPeriod: number;
  readonly CopyTagsToSnapshot: boolean;
  readonly DeletionProtection: boolean;
  readonly EnabledCloudwatchLogsExports: readonly string[];
  /** Seconds; 0: no enhanced monitoring. */
  readonly MonitoringInterval: number;
  readonly MonitoringRoleArn?: string;
  readonly DatabaseInsightsMode: string;
  readonly PerformanceInsightsEnabled: boolean;
  readonly PerformanceInsightsKMSKeyId?: string;
  readonly PerformanceInsightsRetentionPeriod?: number;
}

export type SettingName = keyof Settings;

/** What a new instance has unless told, and a restored one where it neither inherits nor is told. */
export const DEFAULTS: Settings = {
  Engine: 'postgres',
  EngineVersion: '18.4',
  LicenseModel: 'postgresql-license',
  EngineLifecycleSupport: 'open-source-rds-extended-support',
  DBInstanceClass: 'db.t4g.micro',
  AllocatedStorage: 20,
  StorageType: 'gp3',
  Iops: 3000,
  StorageThroughput: 125,
  StorageEncrypted: true,
  DedicatedLogVolume: false,
  MultiAZ: false,
  AvailabilityZone: 'eu-central-1a',
  NetworkType: 'IPV4',
  // In a default VPC that has an internet gateway.
  PubliclyAccessible: true,
  VpcSecurityGroupIds: ['sg-default'],
  DBSubnetGroupName: 'default',
  DBParameterGroupName: 'default.postgres18',
  OptionGroupName: 'default:postgres-18',
  CACertificateIdentifier: 'rds-ca-rsa2048-g1',
  IAMDatabaseAuthenticationEnabled: false,
  AutoMinorVersionUpgrade: true,
  PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
  PreferredBackupWindow: '02:00-02:30',
  BackupRetentionPeriod: 1,
  CopyTagsToSnapshot: false,
  DeletionProtection: false,
  EnabledCloudwatchLogsExports: [],
  MonitoringInterval: 0,
  DatabaseInsightsMode: 'standard',
  PerformanceInsightsEnabled: false,
};

interface Rule {
  readonly kind: 'text' | 'number' | 'flag' | 'list';
  /** Whether RestoreDBInstanceToPointInTime takes it from the source when it isn't told. */
  readonly isInherited?: true;
  /** The requests that can tell it. */
  readonly requests: readonly ('restore' | 'modify')[];
  /** Whether ModifyDBInstance lists it in PendingModifiedValues until it is applied; all others are applied at once. */
  readonly waits?: true;
}

const both = ['restore', 'modify'] as const;

/** As the pages of RestoreDBInstanceToPointInTime, ModifyDBInstance and PendingModifiedValues in the RDS API reference have it. */
export const RULES: Readonly<Record<SettingName, Rule>> = {
  Engine: { kind: 'text', isInherited: true, requests: ['restore'] },
  EngineVersion: { kind: 'text', isInherited: true, requests: [] },
  LicenseModel: { kind: 'text', isInherited: true, requests: both, waits: true },
  EngineLifecycleSupport: { kind: 'text', requests: both },
  DBInstanceClass: { kind: 'text', isInherited: true, requests: both, waits: true },
  AllocatedStorage: { kind: 'number', isInherited: true, requests: both, waits: true },
  MaxAllocatedStorage: { kind: 'number', requests: both },
  StorageType: { kind: 'text', isInherited: true, requests: both, waits: true },
  Iops: { kind: 'number', isInherited: true, requests: both, waits: true },
  StorageThroughput: { kind: 'number', requests: both, waits: true },
  StorageEncrypted: { kind: 'flag', isInherited: true, requests: [] },
  KmsKeyId: { kind: 'text', isInherited: true, requests: [] },
  DedicatedLogVolume: { kind: 'flag', requests: both, waits: true },
  MultiAZ: { kind: 'flag', requests: both, waits: true },
  AvailabilityZone: { kind: 'text', requests: ['restore'] },
  NetworkType: { kind: 'text', requests: both },
  PubliclyAccessible: { kind: 'flag', requests: both },
  VpcSecurityGroupIds: { kind: 'list', requests: both },
  DBSubnetGroupName: { kind: 'text', requests: both, waits: true },
  DBParameterGroupName: { kind: 'text', requests: both },
  OptionGroupName: { kind: 'text', requests: both },
  CACertificateIdentifier: { kind: 'text', requests: both, waits: true },
  IAMDatabaseAuthenticationEnabled: { kind: 'flag', requests: both, waits: true },
  AutoMinorVersionUpgrade: { kind: 'flag', requests: both },
  PreferredMaintenanceWindow: { kind: 'text', requests: ['modify'] },
  PreferredBackupWindow: { kind: 'text', isInherited: true, requests: both },
  BackupRetentionPeriod: { kind: 'number', isInherited: true, requests: both, waits: true },
  CopyTagsToSnapshot: { kind: 'flag', requests: both },
  DeletionProtection: { kind: 'flag', requests: both },
  // ModifyDBInstance has CloudwatchLogsExportConfiguration instead.
  EnabledCloudwatchLogsExports: { kind: 'list', requests: ['restore'] },
  MonitoringInterval: { kind: 'number', requests: ['modify'] },
  MonitoringRoleArn: { kind: 'text', requests: ['modify'] },
  DatabaseInsightsMode: { kind: 'text', requests: ['modify'] },
  PerformanceInsightsEnabled: { kind: 'flag', requests: ['modify'] },
  PerformanceInsightsKMSKeyId: { kind: 'text', requests: ['modify'] },
  PerformanceInsightsRetentionPeriod: { kind: 'number', requests: ['modify'] },
};

/** The settings of an instance restored from one with `source`, told `given`. */
export function restoredSettings(source: Settings, given: Partial<Settings>): Settings {
  const inherited = Object.entries(source).filter(([name]) => RULES[name as SettingName].isInherited);
  return { ...DEFAULTS, ...Object.fromEntries(inherited), ...given };
}
