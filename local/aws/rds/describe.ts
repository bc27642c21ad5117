import { AwsError, type Operation } from '../service.ts';
import { tagContext } from './access.ts';
import { windowOf } from './backup-window.ts';
import { describeAutomatedBackup, describeInstance } from './descriptions.ts';
import { type Instance, rdsArn } from './instances.ts';
import { page } from './page.ts';
import { type Input, invalid, readList, readText } from './requests.ts';
import type { RdsState } from './state.ts';

/** What a filter's values are compared with. */
export type Filters<Item> = Readonly<Record<string, (item: Item) => readonly string[]>>;

const INSTANCE_FILTERS: Filters<Instance> = {
  'db-instance-id': ({ identifier }) => [identifier, rdsArn('db', identifier)],
  'dbi-resource-id': ({ resourceId }) => [resourceId],
  engine: ({ settings }) => [settings.Engine],
};

/** Keeps what every filter of a request has a value for. */
export function applyFilters<Item>(items: readonly Item[], input: Input, known: Filters<Item>): readonly Item[] {
  const filters = readList<{ readonly Name: string; readonly Values: unknown }>(input.Filters, 'Filters');
  return filters.reduce((kept, { Name, Values }) => {
    const read = Object.hasOwn(known, Name) ? known[Name] : undefined;
    if (!read) throw invalid(`Unrecognized filter name: ${Name}`);
    const values = readList(Values, 'Values');
    return kept.filter((item) => read(item).some((value) => values.includes(value)));
  }, items);
}

/** A request may name an instance by its identifier or its ARN; `undefined`: it names none. */
export function namedInstance(input: Input): string | undefined {
  if (input.DBInstanceIdentifier === undefined) return undefined;
  return readText(input.DBInstanceIdentifier, 'DBInstanceIdentifier').split(':').at(-1)?.toLowerCase();
}

/** DescribeDBInstances. Throws `DBInstanceNotFound` for an identifier; filters may match nothing. */
export function describeInstances(state: RdsState): Operation {
  return async (input: Input, call) => {
    const identifier = namedInstance(input);
    const named = identifier === undefined ? undefined : state.instances.find(identifier);
    await call.authorize('rds:DescribeDBInstances', [rdsArn('db', identifier ?? '*')], tagContext(named?.tags));
    const all = identifier === undefined ? state.instances.list() : [state.instances.get(identifier)];
    const { items, ...rest } = page(applyFilters(all, input, INSTANCE_FILTERS), input);
    return { DBInstances: items.map((instance) => describeInstance(instance, windowOf(instance, state))), ...rest };
  };
}

/** DescribeDBInstanceAutomatedBackups. An instance with the retention period 0 has none. */
export function describeAutomatedBackups(state: RdsState): Operation {
  return async (input: Input, call) => {
    const identifier = namedInstance(input);
    // For both types of resource: a policy that suffices here suffices under either reading of AWS's pages.
    await call.authorize('rds:DescribeDBInstanceAutomatedBackups', [rdsArn('db', identifier ?? '*'), rdsArn('auto-backup', '*')]);
    const backedUp = state.instances.list().filter(({ settings }) => settings.BackupRetentionPeriod > 0);
    const asked = backedUp.filter(
      (instance) =>
        instance.identifier === (identifier ?? instance.identifier) &&
        instance.resourceId === (input.DbiResourceId ?? instance.resourceId),
    );
    if (asked.length === 0 && (identifier ?? input.DbiResourceId) !== undefined) {
      const message = 'No automated backup for this DB instance was found.';
      throw new AwsError('DBInstanceAutomatedBackupNotFound', message, 404);
    }
    const { items, ...rest } = page(applyFilters(asked, input, INSTANCE_FILTERS), input);
    const described = items.map((instance) => describeAutomatedBackup(instance, windowOf(instance, state)));
    return { DBInstanceAutomatedBackups: described, ...rest };
  };
}
