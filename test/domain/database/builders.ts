import type { DatabaseTarget } from '../../../lib/contracts.ts';
import type { MoveFacts } from '../../../lib/domain/database/move.ts';
import type { DatabaseSettings, DatabaseState } from '../../../lib/domain/database/state.ts';

export const SETTINGS: DatabaseSettings = {
  class: 'db.t4g.medium',
  storageType: 'gp3',
  iops: 3000,
  storageThroughput: 125,
  maxAllocatedStorage: 200,
  dedicatedLogVolume: false,
  multiAz: true,
  networkType: 'IPV4',
  publiclyAccessible: false,
  securityGroups: ['sg-1', 'sg-2'],
  subnetGroup: 'private',
  parameterGroup: 'tuned',
  optionGroup: 'extras',
  caCertificate: 'rds-ca-ecc384-g1',
  iamAuthentication: true,
  autoMinorVersionUpgrade: false,
  engineLifecycleSupport: 'open-source-rds-extended-support-disabled',
  copyTagsToSnapshot: true,
  deletionProtection: false,
  logExports: ['postgresql', 'upgrade'],
  maintenanceWindow: 'tue:01:00-tue:01:30',
  backupWindow: '03:00-03:30',
  backupRetentionDays: 7,
  monitoringInterval: 60,
  monitoringRole: 'arn:aws:iam::123456789012:role/monitoring',
  insightsMode: 'standard',
  performanceInsights: true,
  performanceInsightsKey: 'key-1',
  performanceInsightsRetention: 7,
};

export function database(
  changes: Partial<Omit<DatabaseState, 'settings'>> & { settings?: Partial<DatabaseSettings> } = {},
): DatabaseState {
  const identifier = changes.identifier ?? 'shop';
  return {
    identifier,
    resourceId: 'db-SHOP',
    arn: `arn:aws:rds:eu-central-1:123456789012:db:${identifier}`,
    status: 'available',
    renamingTo: null,
    pending: [],
    address: { host: `${identifier}.example`, port: 5432 },
    engine: 'postgres',
    allocatedStorage: 100,
    tags: {},
    replicas: [],
    replicaOf: null,
    cluster: null,
    hasManagedPassword: false,
    directories: [],
    roles: [],
    isOnOutpost: false,
    ...changes,
    settings: { ...SETTINGS, ...changes.settings },
  };
}

export const TARGET: DatabaseTarget = {
  source: { identifier: 'shop', resourceId: 'db-SHOP', address: { host: 'shop.example', port: 5432 } },
  size: 'db.t4g.medium with 100 GB gp3, Multi-AZ',
  restoreTime: '2026-11-22T11:00:00.000Z',
  window: { earliest: '2026-11-15T12:00:00.000Z', latest: '2026-11-22T11:55:00.000Z' },
  restoredName: 'shop-rb-0a1b2c3d',
  keptName: 'shop-before-0a1b2c3d',
};

/** The instance that rollback `shop-1` made. */
export function restored(changes: Parameters<typeof database>[0] = {}): DatabaseState {
  return database({ identifier: TARGET.restoredName, resourceId: 'db-RESTORED', tags: { RollbackId: 'shop-1' }, ...changes });
}

/** Both instances are there, prepared, and nobody else's. */
export function facts(changes: Partial<MoveFacts> = {}): MoveFacts {
  const { identifier, resourceId, address } = restored();
  return {
    rollbackId: 'shop-1',
    target: TARGET,
    cutover: 'rename',
    source: database(),
    restored: restored(),
    strangers: [],
    work: {
      restoreBegunAt: '2026-11-22T12:00:00.000Z',
      restored: { identifier, resourceId, address: address ?? { host: '', port: 0 } },
      preparedAt: '2026-11-22T12:10:00.000Z',
    },
    ...changes,
  };
}
