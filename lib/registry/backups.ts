import { GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Backup } from '../contracts.ts';
import { BackupUnknown } from '../errors.ts';

function backupKey(application: string, backupId: string) {
  return { pk: `BACKUPS#${application}`, sk: `BACKUP#${backupId}` };
}

/** Puts a new backup on record; `created: false` answers the one that is there, of the same request. */
export async function createBackup(backup: Backup): Promise<{ created: boolean; backup: Backup }> {
  const { application, backupId } = backup;
  const Item = { ...backupKey(application, backupId), ...backup };
  const request = new PutCommand({ TableName: config.registryTable, Item, ConditionExpression: 'attribute_not_exists(pk)' });
  try {
    await documents.send(request);
    return { created: true, backup };
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return { created: false, backup: await requireBackup(application, backupId) };
  }
}

/** Writes members of a backup down and answers all of it. */
export async function updateBackup(application: string, backupId: string, changes: Partial<Backup>): Promise<Backup> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const request = new UpdateCommand({
    TableName: config.registryTable,
    Key: backupKey(application, backupId),
    UpdateExpression: `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    ReturnValues: 'ALL_NEW',
  });
  return Backup.parse((await documents.send(request)).Attributes);
}

/** Throws `BackupUnknown`. */
export async function requireBackup(application: string, backupId: string): Promise<Backup> {
  const Key = backupKey(application, backupId);
  const { Item } = await documents.send(new GetCommand({ TableName: config.registryTable, Key, ConsistentRead: true }));
  if (Item === undefined) throw new BackupUnknown(application, backupId);
  return Backup.parse(Item);
}

/** All backups of an application, newest first. */
export async function listBackups(application: string): Promise<Backup[]> {
  const request = {
    TableName: config.registryTable,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': backupKey(application, '').pk },
  };
  const backups: Backup[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, request))
    backups.push(...Items.map((item) => Backup.parse(item)));
  return backups.sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
}
