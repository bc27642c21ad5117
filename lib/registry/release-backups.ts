import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import type { Release } from '../contracts.ts';
import { releaseKey } from './releases.ts';

/** Records a backup with the release that ran while it was made, unless a newer one is recorded. */
export async function recordReleaseBackup(
  application: string,
  version: string,
  backup: NonNullable<Release['backup']>,
): Promise<void> {
  const request = new UpdateCommand({
    TableName: config.registryTable,
    Key: releaseKey(application, version),
    UpdateExpression: 'SET #backup = :backup',
    ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(#backup) OR #backup.#at <= :at)',
    ExpressionAttributeNames: { '#backup': 'backup', '#at': 'at' },
    ExpressionAttributeValues: { ':backup': backup, ':at': backup.at },
  });
  try {
    await documents.send(request);
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}
