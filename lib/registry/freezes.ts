import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod/mini';
import { documents } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Freeze, type FreezeInput, WHOLE_SERVICE } from '../contracts.ts';

/** Forbids rollbacks of an application, or of all with `WHOLE_SERVICE`. Replaces a freeze that is there. */
export async function freeze(application: string, input: z.infer<typeof FreezeInput>, actor: string, now: Date): Promise<Freeze> {
  const { reason, until } = input;
  const frozen = Freeze.parse({ application, reason, until, by: actor, since: now.toISOString() });
  await documents.send(new PutCommand({ TableName: config.registryTable, Item: { ...keyOf(application), ...frozen } }));
  return frozen;
}

/** Allows rollbacks again. Answers whether there was a freeze, which may have ended by itself. */
export async function unfreeze(application: string): Promise<boolean> {
  const request = new DeleteCommand({ TableName: config.registryTable, Key: keyOf(application), ReturnValues: 'ALL_OLD' });
  return (await documents.send(request)).Attributes !== undefined;
}

/** The freezes that hold for an application now, the one of the whole service first; one whose `until` has passed is left out. */
export async function freezesOf(application: string, now: Date): Promise<Freeze[]> {
  const found = await Promise.all([...new Set([WHOLE_SERVICE, application])].map(readFreeze));
  return found.filter((one) => one !== null).filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
}

/** The freeze that holds for an application now, the one of the whole service before its own; null: it is not frozen. */
export async function freezeOf(application: string, now: Date): Promise<Freeze | null> {
  return (await freezesOf(application, now))[0] ?? null;
}

function keyOf(application: string) {
  return { pk: `FREEZE#${application}`, sk: 'FREEZE' };
}

async function readFreeze(application: string): Promise<Freeze | null> {
  const request = new GetCommand({ TableName: config.registryTable, Key: keyOf(application), ConsistentRead: true });
  const { Item } = await documents.send(request);
  return Item === undefined ? null : Freeze.parse(Item);
}
