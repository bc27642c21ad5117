import { AwsError } from '../service.ts';
import { RULES, type SettingName, type Settings } from './settings.ts';

/** Requests call some settings by other names than descriptions. */
const REQUEST_NAMES: Readonly<Record<string, SettingName>> = {
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnableCloudwatchLogsExports: 'EnabledCloudwatchLogsExports',
  EnablePerformanceInsights: 'PerformanceInsightsEnabled',
};

/** Members of a decoded request: texts, and lists and structures of them. */
export type Input = Readonly<Record<string, unknown>>;

/** Reads the settings that a request tells, all of its members but `others`. A member that the laptop's RDS doesn't have is refused. */
export function readSettings(input: Input, request: 'restore' | 'modify', others: readonly string[]): Partial<Settings> {
  const told = Object.entries(input).filter(([name]) => !others.includes(name));
  return Object.fromEntries(
    told.map(([name, value]) => {
      const setting = REQUEST_NAMES[name] ?? (name as SettingName);
      const rule = Object.hasOwn(RULES, setting) ? RULES[setting] : undefined;
      if (!rule?.requests.includes(request)) throw invalid(`the RDS of the laptop AWS does not take ${name} in this request`);
      return [setting, READERS[rule.kind](value, name)];
    }),
  );
}

const READERS = { text: readText, number: readNumber, flag: readFlag, list: readList } as const;

export function readText(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`The parameter ${name} must be provided and must not be blank.`);
}

export function readNumber(value: unknown, name: string): number {
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  throw invalid(`Invalid value for ${name}: ${String(value)}`);
}

export function readFlag(value: unknown, name: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalid(`Invalid value for ${name}: ${String(value)}`);
}

/** The form names a list's elements (`Tags.Tag.1.Key`); an empty list is an empty text. */
export function readList<Item = string>(value: unknown, name: string): readonly Item[] {
  if (value === undefined || value === '') return [];
  const items = Array.isArray(value) ? value : Object.values(value as object)[0];
  if (Array.isArray(items)) return items;
  throw invalid(`Invalid value for ${name}`);
}

/** Tags by their keys. */
export type Tags = Readonly<Record<string, string>>;

export function readTags(value: unknown): Tags {
  const tags = readList<{ readonly Key: string; readonly Value?: string }>(value, 'Tags');
  return Object.fromEntries(tags.map(({ Key, Value }) => [readText(Key, 'Key'), Value ?? '']));
}

/** 1 to 63 letters, digits and hyphens, the first one a letter, hyphens single and inside; kept in lower case. */
const IDENTIFIER = /^[a-z](?:-?[a-z0-9]){0,62}$/;

/** An identifier for something new. */
export function readNewIdentifier(value: unknown, name: string): string {
  const identifier = readText(value, name).toLowerCase();
  if (IDENTIFIER.test(identifier) && identifier.length <= 63) return identifier;
  throw invalid(
    `The parameter ${name} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, ` +
      'digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.',
  );
}

/**
 * Refuses what RDS refuses of the settings an instance is to have. gp3 has its performance fixed under 400 GiB:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
 */
export function refuseImpossible(settings: Settings, told: Partial<Settings>): void {
  const isSmall = settings.StorageType === 'gp3' && settings.AllocatedStorage < 400;
  if (isSmall && (told.Iops !== undefined || told.StorageThroughput !== undefined)) {
    const message = "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.";
    throw new AwsError('InvalidParameterCombination', message);
  }
  if (told.MultiAZ && told.AvailabilityZone !== undefined) {
    const message = 'Requesting a specific availability zone is not valid for Multi-AZ instances.';
    throw new AwsError('InvalidParameterCombination', message);
  }
  if (settings.BackupRetentionPeriod > 35) throw invalid(`Invalid backup retention period: ${settings.BackupRetentionPeriod}`);
  if (settings.MonitoringInterval > 0 && settings.MonitoringRoleArn === undefined) {
    const message = 'A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.';
    throw new AwsError('InvalidParameterCombination', message);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
