import type { DatabaseAddress } from '../../contracts.ts';

/** What people set of an instance, and expect of the one that takes its place. Absent: the instance has no such setting. */
export type DatabaseSettings = {
  readonly class: string;
  readonly storageType: string;
  readonly iops?: number;
  /** MiB a second. */
  readonly storageThroughput?: number;
  /** GiB up to which the storage grows by itself. */
  readonly maxAllocatedStorage?: number;
  readonly dedicatedLogVolume: boolean;
  readonly multiAz: boolean;
  readonly networkType?: string;
  readonly publiclyAccessible: boolean;
  readonly securityGroups: readonly string[];
  readonly subnetGroup?: string;
  readonly parameterGroup?: string;
  readonly optionGroup?: string;
  readonly caCertificate?: string;
  readonly iamAuthentication: boolean;
  readonly autoMinorVersionUpgrade: boolean;
  readonly engineLifecycleSupport?: string;
  readonly copyTagsToSnapshot: boolean;
  readonly deletionProtection: boolean;
  readonly logExports: readonly string[];
  readonly maintenanceWindow?: string;
  readonly backupWindow?: string;
  /** 0: there are no automated backups. */
  readonly backupRetentionDays: number;
  /** Seconds; 0: no enhanced monitoring. */
  readonly monitoringInterval: number;
  readonly monitoringRole?: string;
  readonly insightsMode?: string;
  readonly performanceInsights: boolean;
  readonly performanceInsightsKey?: string;
  /** Days. */
  readonly performanceInsightsRetention?: number;
};

/** One RDS instance as it was seen. */
export type DatabaseState = {
  readonly identifier: string;
  /** Survives renames. */
  readonly resourceId: string;
  readonly arn: string;
  /** Such as `available`, `creating`, `renaming`. */
  readonly status: string;
  /** The new name while a rename waits or is under way. */
  readonly renamingTo: string | null;
  /** What else waits to be applied, by AWS's names. */
  readonly pending: readonly string[];
  /** null: it has none yet. */
  readonly address: DatabaseAddress | null;
  readonly engine: string;
  /** GiB */
  readonly allocatedStorage: number;
  readonly settings: DatabaseSettings;
  readonly tags: Readonly<Record<string, string>>;
  /** Identifiers of its read replicas. */
  readonly replicas: readonly string[];
  /** What it is a read replica of. */
  readonly replicaOf: string | null;
  /** The cluster that it belongs to: Aurora, or a Multi-AZ cluster. */
  readonly cluster: string | null;
  /** Secrets Manager keeps its password. */
  readonly hasManagedPassword: boolean;
  /** Directories of its Kerberos logins. */
  readonly directories: readonly string[];
  /** What IAM roles let the database do, such as `s3Import`. */
  readonly roles: readonly { readonly feature: string; readonly arn: string }[];
  readonly isOnOutpost: boolean;
};

/** Tags that the service puts on instances. */
export const ROLLBACK_TAG = 'RollbackId';
/** `restored`: it was made by a rollback. `kept`: it is the old one. `returned`: it was the old one, and was brought back. */
export const ROLE_TAG = 'RollbackService';

/**
 * States that serve clients and take changes. Storage is optimized, or loaded after a restore, for hours, and all but storage can be
 * changed meanwhile: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 */
const SERVING = new Set(['available', 'storage-initialization', 'storage-optimization']);

/** States that no instance leaves by itself. */
const FINAL = new Set([
  'deleting',
  'failed',
  'inaccessible-encryption-credentials',
  'inaccessible-encryption-credentials-recoverable',
  'incompatible-create',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'restore-error',
  'stopped',
  'storage-full',
]);

/** Whether only a person can bring the instance back to life. */
export function hasFailed({ status }: Pick<DatabaseState, 'status'>): boolean {
  return FINAL.has(status);
}

/** Whether a rename to this name waits or is under way. One that failed says for good which name it was to get, and gets none. */
export function isGetting(state: DatabaseState, name: string): boolean {
  return state.renamingTo === name && !hasFailed(state);
}

/** Whether it serves clients under a name that stays, and takes the next change. */
export function isSettled({ status, renamingTo }: DatabaseState): boolean {
  return SERVING.has(status) && renamingTo === null;
}

/** Whether every change that was asked for is done: right after one is asked for, RDS still says `available`. */
export function isReady(state: DatabaseState): boolean {
  return isSettled(state) && state.pending.length === 0;
}

/** `shop (db-ABC, available)`, as sentences name an instance. */
export function describeInstance(state: DatabaseState): string {
  const { identifier, resourceId, status, renamingTo } = state;
  if (renamingTo === null) return `${identifier} (${resourceId}, ${status})`;
  const rename = hasFailed(state) ? `not renamed to ${renamingTo}` : `about to be renamed to ${renamingTo}`;
  return `${identifier} (${resourceId}, ${status}, ${rename})`;
}

/** Class, storage and price if it is known, such as `db.t3.medium with 100 GB gp3, $0.21 an hour`. */
export function sizeOf({ settings, allocatedStorage }: DatabaseState, hourlyPrice: number | undefined): string {
  const zones = settings.multiAz ? ', Multi-AZ' : '';
  const price = hourlyPrice === undefined ? '' : `, ${priceText(hourlyPrice)}`;
  return `${settings.class} with ${allocatedStorage} GB ${settings.storageType}${zones}${price}`;
}

/** US dollars for an hour and for a day of 24. */
function priceText(hourly: number): string {
  const dollars = (amount: number) => `$${amount.toFixed(amount < 1 ? 3 : 2).replace(/(\.\d\d)0$/, '$1')}`;
  return `${dollars(hourly)} an hour, ${dollars(hourly * 24)} a day`;
}
