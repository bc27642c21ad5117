import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientDefaults, isError } from './client.ts';

/** The document client of both tables; a member that is undefined is left out of an item. */
export const documents = DynamoDBDocumentClient.from(new DynamoDBClient(clientDefaults), {
  marshallOptions: { removeUndefinedValues: true },
});

/**
 * Whether a write was refused by its condition. After a time-out the SDK tries again, so the refusal may come from one's own
 * first attempt: read back before telling anybody that somebody else was faster.
 */
export function isConditionFailed(error: unknown): boolean {
  return isError(error, 'ConditionalCheckFailedException');
}
