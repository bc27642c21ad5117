import { setTimeout as sleep } from 'node:timers/promises';
import { GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { RollbackEvent } from '../contracts.ts';
import { GENESIS, hashEvent } from '../domain/chain.ts';
import { LogContended } from '../errors.ts';
import { eventKey, headerKey } from './keys.ts';

export type NewEvent = Omit<RollbackEvent, 'seq' | 'at' | 'previousHash' | 'hash'> & { readonly now: Date };
type Link = Pick<RollbackEvent, 'seq' | 'hash'>;

const ATTEMPTS = 40;
/** A request's Limit is a 32-bit number; more than this would not fit a 1 MB page anyway. */
const LARGEST_PAGE = 1000;

/**
 * Writes the next event of a rollback and moves the header's `head` forward. An event of the same `key` that is there already is
 * answered as it was written, so a step that runs twice is recorded once. Any number of callers may append at the same time.
 * Throws `LogContended` (retryable) when others were faster 40 times.
 */
export async function appendEvent({ now, detail, ...said }: NewEvent): Promise<RollbackEvent> {
  const unlinked = { ...said, at: now.toISOString(), detail: asReadBack(detail) };
  let last: Link = { seq: 0, hash: GENESIS };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const links = await linksAfter(said.rollbackId, last.seq);
    const newest: Link = links.at(-1) ?? last;
    // An event written while the others were read may be missing: a hole means to read again, from before it.
    if (newest.seq !== last.seq + links.length) continue;
    last = newest;
    const same = links.find(({ key }) => key === said.key);
    const event = same ? await getEvent(said.rollbackId, same.seq) : await putAfter(last, unlinked);
    if (event !== null) {
      await moveHead(said.rollbackId, same ? last : event);
      return event;
    }
    await sleep(Math.random() * 20 * Math.min(attempt, 10));
  }
  throw new LogContended(said.rollbackId);
}

/** Events in the order written, those after `after` (a `seq`) only, at most `limit`. */
export async function listEvents(rollbackId: string, { after = 0, limit = 100 } = {}): Promise<RollbackEvent[]> {
  const events: RollbackEvent[] = [];
  for await (const { Items = [] } of paginateQuery(
    { client: documents, pageSize: Math.min(limit, LARGEST_PAGE) },
    afterSeq(rollbackId, after),
  )) {
    events.push(...Items.map((item) => RollbackEvent.parse(item)));
    if (events.length >= limit) break;
  }
  return events.slice(0, limit);
}

/** Every event of a rollback in the order written. */
export function allEvents(rollbackId: string): Promise<RollbackEvent[]> {
  return listEvents(rollbackId, { limit: Number.MAX_SAFE_INTEGER });
}

function afterSeq(rollbackId: string, seq: number) {
  const { pk, sk } = eventKey(rollbackId, seq);
  return {
    TableName: config.logTable,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND sk > :sk',
    ExpressionAttributeValues: { ':pk': pk, ':sk': sk },
  };
}

async function linksAfter(rollbackId: string, seq: number): Promise<(Link & { key: string })[]> {
  const projection = { ProjectionExpression: 'seq, #hash, #key', ExpressionAttributeNames: { '#hash': 'hash', '#key': 'key' } };
  const links: (Link & { key: string })[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, { ...afterSeq(rollbackId, seq), ...projection })) {
    links.push(...(Items as (Link & { key: string })[]));
  }
  return links;
}

async function getEvent(rollbackId: string, seq: number): Promise<RollbackEvent> {
  const request = new GetCommand({ TableName: config.logTable, Key: eventKey(rollbackId, seq), ConsistentRead: true });
  return RollbackEvent.parse((await documents.send(request)).Item);
}

/** Null when another event took the place, which after a time-out may be this one. */
async function putAfter(
  last: Link,
  unlinked: Omit<RollbackEvent, 'seq' | 'previousHash' | 'hash'>,
): Promise<RollbackEvent | null> {
  const linked = { ...unlinked, seq: last.seq + 1, previousHash: last.hash };
  const event = { ...linked, hash: hashEvent(linked) };
  try {
    const Item = { ...eventKey(event.rollbackId, event.seq), ...event };
    await documents.send(new PutCommand({ TableName: config.logTable, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
    return event;
  } catch (error) {
    if (isConditionFailed(error)) return null;
    throw error;
  }
}

/** The head never moves back; a rollback without header has none. */
async function moveHead(rollbackId: string, { seq, hash }: Link): Promise<void> {
  const request = new UpdateCommand({
    TableName: config.logTable,
    Key: headerKey(rollbackId),
    UpdateExpression: 'SET #head = :head',
    ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(#head) OR #head.seq < :seq)',
    ExpressionAttributeNames: { '#head': 'head' },
    ExpressionAttributeValues: { ':head': { seq, hash }, ':seq': seq },
  });
  await documents.send(request).catch((error) => {
    if (!isConditionFailed(error)) throw error;
  });
}

/** What the hash is made over must be what the table gives back: plain JSON, and no number that it would answer as BigInt. */
function asReadBack(detail: Record<string, unknown>): Record<string, unknown> {
  const unsafe = (value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER);
  return JSON.parse(JSON.stringify(detail, (_key, value: unknown) => (unsafe(value) ? String(value) : value)));
}
