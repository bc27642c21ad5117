import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { DatabaseWork } from '../contracts.ts';
import { databaseKey } from './keys.ts';

/** What a rollback has done to the database so far; nothing yet: no member is there. */
export async function databaseWorkOf(rollbackId: string): Promise<DatabaseWork> {
  const request = new GetCommand({ TableName: config.logTable, Key: databaseKey(rollbackId), ConsistentRead: true });
  return DatabaseWork.parse((await documents.send(request)).Item ?? {});
}

/** Writes members down; those that are there already are replaced, so that the last attempt of a step holds. Answers all. */
export async function recordDatabaseWork(rollbackId: string, changes: DatabaseWork): Promise<DatabaseWork> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const request = new UpdateCommand({
    TableName: config.logTable,
    Key: databaseKey(rollbackId),
    UpdateExpression: `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    ReturnValues: 'ALL_NEW',
  });
  return DatabaseWork.parse((await documents.send(request)).Attributes);
}
