import { isDeepStrictEqual } from 'node:util';
import { GetCommand, PutCommand, paginateQuery, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Release, type ReleaseChange, type ReleaseInput } from '../contracts.ts';
import { ReleaseConflict, ReleaseUnknown } from '../errors.ts';

type StoredRelease = { readonly release: Release; readonly recordedStatus: Release['status'] };

/**
 * Records a deployment. The same input again answers what was recorded, with the status it has by now; `deployedAt` may be left
 * out then, and is `now` if it was left out at first. Throws `ReleaseConflict` when the version stands for something else.
 */
export async function recordRelease(
  application: string,
  input: ReleaseInput,
  actor: string,
  now: Date,
  hasFrontend = false,
): Promise<{ release: Release; created: boolean }> {
  const release: Release = {
    application,
    ...input,
    deployedAt: input.deployedAt ?? now.toISOString(),
    recordedBy: actor,
    ...(hasFrontend && { frontend: { state: 'recording' } }),
  };
  const Item = { ...releaseKey(application, input.version), ...release, recordedStatus: release.status };
  try {
    await documents.send(
      new PutCommand({ TableName: config.registryTable, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
    return { release, created: true };
  } catch (error) {
    const recorded = isConditionFailed(error) ? await readRelease(application, input.version) : null;
    if (recorded === null) throw error;
    if (!isSame(recorded, input)) throw new ReleaseConflict(application, input.version);
    return { release: recorded.release, created: false };
  }
}

/** Every release of an application, the newest deployment first. */
export async function listReleases(application: string): Promise<Release[]> {
  const request = {
    TableName: config.registryTable,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': releaseKey(application, '').pk },
  };
  const releases: Release[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, request)) {
    releases.push(...Items.map((item) => Release.parse(item)));
  }
  return releases.sort((a, b) => Date.parse(b.deployedAt) - Date.parse(a.deployedAt));
}

/** Says what is known of a release by now; without a reason an earlier one is dropped. Throws `ReleaseUnknown`. */
export async function changeRelease(
  application: string,
  version: string,
  change: ReleaseChange,
  actor: string,
  now: Date,
): Promise<Release> {
  const { status, reason } = change;
  return update(application, version, {
    UpdateExpression: `SET #status = :status, statusBy = :actor, statusAt = :at${reason === undefined ? ' REMOVE statusReason' : ', statusReason = :reason'}`,
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':status': status, ':actor': actor, ':at': now.toISOString(), ':reason': reason },
  });
}

/** Notes that an alarm fired at `at` (ISO time) while this release ran; the first alarm noted is kept. Throws `ReleaseUnknown`. */
export async function markAlarmed(application: string, version: string, at: string): Promise<Release> {
  return update(application, version, {
    UpdateExpression: 'SET alarmedAt = if_not_exists(alarmedAt, :at)',
    ExpressionAttributeValues: { ':at': at },
  });
}

export function releaseKey(application: string, version: string) {
  return { pk: `RELEASES#${application}`, sk: `RELEASE#${version}` };
}

async function readRelease(application: string, version: string): Promise<StoredRelease | null> {
  const request = new GetCommand({
    TableName: config.registryTable,
    Key: releaseKey(application, version),
    ConsistentRead: true,
  });
  const { Item } = await documents.send(request);
  return Item === undefined ? null : { release: Release.parse(Item), recordedStatus: Item.recordedStatus };
}

function isSame({ release, recordedStatus }: StoredRelease, input: ReleaseInput): boolean {
  return (
    release.commit === input.commit &&
    recordedStatus === input.status &&
    isDeepStrictEqual(release.migration, input.migration) &&
    (input.deployedAt === undefined || Date.parse(input.deployedAt) === Date.parse(release.deployedAt))
  );
}

type Change = Pick<UpdateCommandInput, 'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

async function update(application: string, version: string, change: Change): Promise<Release> {
  const request = new UpdateCommand({
    TableName: config.registryTable,
    Key: releaseKey(application, version),
    ConditionExpression: 'attribute_exists(pk)',
    ReturnValues: 'ALL_NEW',
    ...change,
  });
  try {
    return Release.parse((await documents.send(request)).Attributes);
  } catch (error) {
    throw isConditionFailed(error) ? new ReleaseUnknown(application, version) : error;
  }
}
