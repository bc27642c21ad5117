import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import type { ReleaseFrontend } from '../contracts.ts';
import { ReleaseUnknown } from '../errors.ts';
import { listReleases, releaseKey } from './releases.ts';

/** Says what is known of a release's frontend by now. Throws `ReleaseUnknown`. */
export async function recordReleaseFrontend(application: string, version: string, frontend: ReleaseFrontend): Promise<void> {
  const request = new UpdateCommand({
    TableName: config.registryTable,
    Key: releaseKey(application, version),
    UpdateExpression: 'SET frontend = :frontend',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':frontend': frontend },
  });
  try {
    await documents.send(request);
  } catch (error) {
    throw isConditionFailed(error) ? new ReleaseUnknown(application, version) : error;
  }
}

/** Where the newest recorded manifest of another release lies: what it says of a version of an object still holds. */
export async function previousManifest(application: string, version: string): Promise<string | undefined> {
  const releases = await listReleases(application);
  return releases.find((release) => release.version !== version && release.frontend?.state === 'recorded')?.frontend?.location;
}
