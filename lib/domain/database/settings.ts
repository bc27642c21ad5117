/** How an instance that is restored comes by the settings of its source: most are told at the restore, the others afterwards. */
import { isDeepStrictEqual } from 'node:util';
import type { DatabaseSettings, DatabaseState } from './state.ts';

export type DatabaseChanges = Partial<DatabaseSettings>;

/**
 * A restore takes RDS's defaults for these, unless told. Not among them: the zone, which RDS chooses among those of the subnet group
 * (a restore may be needed because one is down), and the storage's size, which RDS inherits.
 */
const TOLD = [
  'class',
  'maxAllocatedStorage',
  'multiAz',
  'networkType',
  'publiclyAccessible',
  'securityGroups',
  'subnetGroup',
  'parameterGroup',
  'optionGroup',
  'caCertificate',
  'iamAuthentication',
  'autoMinorVersionUpgrade',
  'engineLifecycleSupport',
  'copyTagsToSnapshot',
  'logExports',
] as const satisfies readonly (keyof DatabaseSettings)[];

/** A restore does not take these. Protection against deletion is not carried over: it comes with the cut-over, to both instances. */
const AFTERWARDS = [
  'dedicatedLogVolume',
  'maintenanceWindow',
  'backupWindow',
  'backupRetentionDays',
] as const satisfies readonly (keyof DatabaseSettings)[];

/** GiB: smaller gp3 storage has a fixed performance, and RDS refuses to be told one. */
const SMALLEST_TUNABLE = 400;

/** What a restore is told, so that the new instance is as its source from the start. */
export function restoreSettings({ settings, allocatedStorage }: DatabaseState): DatabaseChanges {
  return {
    ...some(settings, TOLD),
    storageType: settings.storageType,
    ...performance(settings, allocatedStorage),
    // Not every class knows it, so it is told only where it is used.
    ...(settings.dedicatedLogVolume && { dedicatedLogVolume: true }),
  };
}

/** What still differs and has to be changed; no member: the restored instance has every setting of its source. */
export function differences(source: DatabaseState, restored: DatabaseState): DatabaseChanges {
  const [wanted, is] = [source.settings, restored.settings];
  const different = [...TOLD, ...AFTERWARDS].filter(
    (name) => wanted[name] !== undefined && !isDeepStrictEqual(comparable(wanted[name]), comparable(is[name])),
  );
  return {
    ...some(wanted, different),
    ...storageDifferences(source, restored),
    ...monitoringDifferences(wanted, is),
    ...insightsDifferences(wanted, is),
  };
}

/** RDS answers lists in any order. */
function comparable(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted() : value;
}

function some(settings: DatabaseSettings, names: readonly (keyof DatabaseSettings)[]): DatabaseChanges {
  return Object.fromEntries(names.map((name) => [name, settings[name]]).filter(([, value]) => value !== undefined));
}

function performance(settings: DatabaseSettings, allocatedStorage: number): DatabaseChanges {
  const { storageType } = settings;
  if (storageType === 'gp3') return allocatedStorage < SMALLEST_TUNABLE ? {} : some(settings, ['iops', 'storageThroughput']);
  return storageType.startsWith('io') ? some(settings, ['iops']) : {};
}

/** Type and performance go together. */
function storageDifferences(source: DatabaseState, { settings: is, allocatedStorage }: DatabaseState): DatabaseChanges {
  const { storageType } = source.settings;
  const wanted = { storageType, ...performance(source.settings, allocatedStorage) };
  return isDeepStrictEqual(wanted, some(is, names(wanted))) ? {} : wanted;
}

/** The role is told with the interval that needs it. */
function monitoringDifferences(wanted: DatabaseSettings, is: DatabaseSettings): DatabaseChanges {
  const { monitoringInterval } = wanted;
  if (monitoringInterval === 0) return is.monitoringInterval === 0 ? {} : { monitoringInterval };
  const both = some(wanted, ['monitoringInterval', 'monitoringRole']);
  return isDeepStrictEqual(both, some(is, names(both))) ? {} : both;
}

/** The mode of Database Insights asks for a retention period of Performance Insights, so all of them are told together. */
function insightsDifferences(wanted: DatabaseSettings, is: DatabaseSettings): DatabaseChanges {
  const told = some(wanted, [
    'insightsMode',
    'performanceInsights',
    ...(wanted.performanceInsights ? (['performanceInsightsRetention'] as const) : []),
  ]);
  if (isDeepStrictEqual(told, some(is, names(told)))) return {};
  // The key is chosen when it is turned on, and stays.
  return { ...told, ...(wanted.performanceInsights && !is.performanceInsights && some(wanted, ['performanceInsightsKey'])) };
}

function names(changes: DatabaseChanges): (keyof DatabaseSettings)[] {
  return Object.keys(changes) as (keyof DatabaseSettings)[];
}
