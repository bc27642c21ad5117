import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { FrontendWork } from '../contracts.ts';
import { frontendKey } from './keys.ts';

/** What a rollback has done to the frontend so far; nothing yet: no member is there. */
export async function frontendWorkOf(rollbackId: string): Promise<FrontendWork> {
  const request = new GetCommand({ TableName: config.logTable, Key: frontendKey(rollbackId), ConsistentRead: true });
  return FrontendWork.parse((await documents.send(request)).Item ?? {});
}

/** Writes members down; those that are there already are replaced, so that the last attempt of a step holds. Answers all. */
export async function recordFrontendWork(rollbackId: string, changes: FrontendWork): Promise<FrontendWork> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const request = new UpdateCommand({
    TableName: config.logTable,
    Key: frontendKey(rollbackId),
    UpdateExpression: `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    ReturnValues: 'ALL_NEW',
  });
  return FrontendWork.parse((await documents.send(request)).Attributes);
}
