import { gunzipSync, gzipSync } from 'node:zlib';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import type { Plan } from '../contracts.ts';
import { PlanMissing } from '../errors.ts';
import { planKey } from './keys.ts';

/**
 * Keeps the plan of a rollback and answers the one that holds: the first, since what was shown to people must be what is done. Only one
 * that never got the lock may be planned afresh: `outdated` is when it was made (`createdAt`), and the first after it holds.
 * It is stored compressed, because the observations of a thousand hosts exceed an item's 400 KB.
 */
export async function savePlan(plan: Plan, outdated?: string): Promise<Plan> {
  const { rollbackId, createdAt, expiresAt } = plan;
  const Item = { ...planKey(rollbackId), createdAt, expiresAt, compressed: gzipSync(JSON.stringify(plan)) };
  try {
    await documents.send(
      new PutCommand({ TableName: config.logTable, Item, ...(outdated === undefined ? isFirst : follows(outdated)) }),
    );
    return plan;
  } catch (error) {
    const first = isConditionFailed(error) ? await getPlan(rollbackId) : null;
    if (first === null) throw error;
    return first;
  }
}

const isFirst = { ConditionExpression: 'attribute_not_exists(pk)' };
const follows = (outdated: string) => ({
  ConditionExpression: 'createdAt = :outdated',
  ExpressionAttributeValues: { ':outdated': outdated },
});

/** The plan of a rollback; null while there is none. It is written by this service, from what was checked: no need to check it again in each step. */
export async function getPlan(rollbackId: string): Promise<Plan | null> {
  const request = new GetCommand({ TableName: config.logTable, Key: planKey(rollbackId), ConsistentRead: true });
  const { Item } = await documents.send(request);
  return Item === undefined ? null : (JSON.parse(gunzipSync(Item.compressed).toString()) as Plan);
}

/** The plan of a rollback that was planned: a missing one is a defect, since the machine goes on only with a plan. */
export async function requirePlan(rollbackId: string): Promise<Plan> {
  const plan = await getPlan(rollbackId);
  if (plan === null) throw new PlanMissing(rollbackId);
  return plan;
}
