import { AwsError, type Call, type Operation } from '../service.ts';
import { authorizeInstance, authorizeKey, authorizeTags, tagContext } from './access.ts';
import { type BaseBackup, takeBaseBackup } from './base-backup.ts';
import { applyFilters, type Filters, namedInstance } from './describe.ts';
import { describeOrigin, describeSnapshot } from './descriptions.ts';
import { type Instance, inTurn, rdsArn, requireAvailable } from './instances.ts';
import { page } from './page.ts';
import { type Input, readNewIdentifier, readTags, readText, type Tags } from './requests.ts';
import type { RdsState } from './state.ts';

/** A manual snapshot. */
export interface Snapshot {
  readonly identifier: string;
  readonly instanceIdentifier: string;
  readonly resourceId: string;
  /** What is told of the instance as it was. */
  readonly origin: object;
  tags: Tags;
  status: 'creating' | 'available' | 'failed';
  /** Neither before it is available. */
  createdAt?: Date;
  backup?: BaseBackup;
}

/** CreateDBSnapshot: a base backup, during which the instance is `backing-up`. */
export function createSnapshot(state: RdsState): Operation {
  return async (input: Input, call) => {
    const instanceIdentifier = readText(input.DBInstanceIdentifier, 'DBInstanceIdentifier');
    const identifier = readNewIdentifier(input.DBSnapshotIdentifier, 'DBSnapshotIdentifier');
    const tags = readTags(input.Tags);
    await authorizeInstance(call, 'CreateDBSnapshot', instanceIdentifier, state.instances.find(instanceIdentifier));
    await authorizeSnapshot(call, identifier, tags);
    const instance = state.instances.get(instanceIdentifier);
    await authorizeKey(call, instance.settings.KmsKeyId);
    requireAvailable(instance);
    if (state.snapshots.has(identifier)) throw alreadyExists(identifier);
    const snapshot = newSnapshot(identifier, tags, instance);
    state.snapshots.set(identifier, snapshot);
    instance.status = 'backing-up';
    state.background.start(inTurn(instance, () => take(state, instance, snapshot)));
    return { DBSnapshot: describeSnapshot(snapshot) };
  };
}

async function authorizeSnapshot(call: Call, identifier: string, tags: Tags): Promise<void> {
  await call.authorize('rds:CreateDBSnapshot', [rdsArn('snapshot', identifier)]);
  await authorizeTags(call, rdsArn('snapshot', identifier), tags);
}

function alreadyExists(identifier: string): AwsError {
  return new AwsError(
    'DBSnapshotAlreadyExists',
    `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
  );
}

function newSnapshot(identifier: string, tags: Tags, instance: Instance): Snapshot {
  const copied = instance.settings.CopyTagsToSnapshot ? instance.tags : {};
  return {
    identifier,
    instanceIdentifier: instance.identifier,
    resourceId: instance.resourceId,
    origin: describeOrigin(instance),
    tags: { ...copied, ...tags },
    status: 'creating',
  };
}

async function take({ now }: RdsState, instance: Instance, snapshot: Snapshot): Promise<void> {
  instance.status = 'backing-up';
  try {
    snapshot.backup = await takeBaseBackup(instance.cluster);
    snapshot.createdAt = now();
    snapshot.status = 'available';
  } catch (error) {
    snapshot.status = 'failed';
    throw error;
  } finally {
    instance.status = 'available';
  }
}

const SNAPSHOT_FILTERS: Filters<Snapshot> = {
  'db-instance-id': ({ instanceIdentifier }) => [instanceIdentifier, rdsArn('db', instanceIdentifier)],
  'db-snapshot-id': ({ identifier }) => [identifier],
  'dbi-resource-id': ({ resourceId }) => [resourceId],
  'snapshot-type': () => ['manual'],
};

/** DescribeDBSnapshots: the manual ones. Throws `DBSnapshotNotFound` for an identifier; the rest may match nothing. */
export function describeSnapshots(state: RdsState): Operation {
  return async (input: Input, call) => {
    const { DBSnapshotIdentifier: asked, DbiResourceId: resourceId, SnapshotType: type = 'manual' } = input;
    const identifier = asked === undefined ? undefined : readText(asked, 'DBSnapshotIdentifier').toLowerCase();
    const instance = namedInstance(input);
    const named = identifier === undefined ? undefined : state.snapshots.get(identifier);
    const resources = [rdsArn('snapshot', identifier ?? '*'), rdsArn('db', instance ?? '*')];
    await call.authorize('rds:DescribeDBSnapshots', resources, tagContext(named?.tags));
    if (identifier !== undefined && !named) throw snapshotNotFound(identifier);
    const found = [...state.snapshots.values()].filter(
      (snapshot) =>
        type === 'manual' &&
        snapshot.identifier === (identifier ?? snapshot.identifier) &&
        snapshot.instanceIdentifier === (instance ?? snapshot.instanceIdentifier) &&
        snapshot.resourceId === (resourceId ?? snapshot.resourceId),
    );
    const { items, ...rest } = page(applyFilters(found, input, SNAPSHOT_FILTERS), input);
    return { DBSnapshots: items.map(describeSnapshot), ...rest };
  };
}

export function snapshotNotFound(identifier: string): AwsError {
  return new AwsError('DBSnapshotNotFound', `DBSnapshot ${identifier} not found.`, 404);
}
