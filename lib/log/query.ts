import { createHash } from 'node:crypto';
import { paginateQuery, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { documents } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Rollback, type RollbackQuery } from '../contracts.ts';
import { CursorInvalid } from '../errors.ts';
import { headerKey } from './keys.ts';

/** Each index has this attribute as partition key and `at` = `<requestedAt>#<rollbackId>` as sort key. */
const INDEXES = [
  { filter: 'application', index: 'byApplication', attribute: 'application' },
  { filter: 'status', index: 'byStatus', attribute: 'status' },
  { filter: 'actor', index: 'byActor', attribute: 'performedBy' },
  { filter: 'day', index: 'byDay', attribute: 'day' },
] as const;

const Cursor = z.tuple([z.string(), z.string().check(z.regex(/^.{24}#.+$/))]);

/**
 * One page of the log's headers, newest first; `cursor` leads to the next page and is null on the last. An index follows the
 * table within a second or so: what was just written may be missing. Throws `CursorInvalid` for a cursor of another query.
 */
export async function queryRollbacks(query: RollbackQuery): Promise<{ rollbacks: Rollback[]; cursor: string | null }> {
  const start = query.cursor === undefined ? {} : { ExclusiveStartKey: startKey(query, query.cursor) };
  // One more than asked for tells whether there is another page.
  const request = new QueryCommand({ ...requestOf(query), ...start, Limit: query.limit + 1 });
  const { Items = [], LastEvaluatedKey } = await documents.send(request);
  const page = Items.slice(0, query.limit);
  const more = Items.length > query.limit || (LastEvaluatedKey !== undefined && Items.length < query.limit + 1);
  const last = page.at(-1);
  return { rollbacks: page.map((item) => Rollback.parse(item)), cursor: more && last ? cursorOf(query, last.at) : null };
}

/**
 * The application's rollbacks requested since then, newest first, for guards and estimates. Indexes can't be read consistently:
 * one requested a moment ago may be missing, which is why the lock, not this list, keeps rollbacks apart.
 */
export async function recentRollbacks(application: string, since: Date): Promise<Rollback[]> {
  const rollbacks: Rollback[] = [];
  const request = requestOf({ application, from: since.toISOString() });
  for await (const { Items = [] } of paginateQuery({ client: documents }, request)) {
    rollbacks.push(...Items.map((item) => Rollback.parse(item)));
  }
  return rollbacks;
}

type Filters = Omit<RollbackQuery, 'limit' | 'cursor'>;

function indexOf(query: Filters) {
  for (const index of INDEXES) {
    const value = query[index.filter];
    if (value !== undefined) return { ...index, value };
  }
  throw new RangeError('A query of the log needs one of application, status, actor or day.');
}

function requestOf(query: Filters): QueryCommandInput {
  const { index, attribute, value } = indexOf(query);
  return {
    TableName: config.logTable,
    IndexName: index,
    ScanIndexForward: false,
    KeyConditionExpression: '#partition = :partition AND #at BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#partition': attribute, '#at': 'at' },
    // `$` comes right after the `#` that follows the time, so that `to` itself is within.
    ExpressionAttributeValues: { ':partition': value, ':from': query.from ?? '0', ':to': `${query.to ?? '9'}$` },
  };
}

/** The digest binds the cursor to its query and shows damage. It is no secret: all a forger gains is another place in the list. */
function digestOf(query: Filters, at: string): string {
  const { filter, value } = indexOf(query);
  const bound = JSON.stringify([filter, value, query.from ?? null, query.to ?? null, at]);
  return createHash('sha256').update(bound).digest('base64url').slice(0, 16);
}

function cursorOf(query: Filters, at: string): string {
  return Buffer.from(JSON.stringify([digestOf(query, at), at])).toString('base64url');
}

function startKey(query: Filters, cursor: string): Record<string, string> {
  const [digest, at] = decode(cursor);
  if (digest !== digestOf(query, at)) throw new CursorInvalid();
  const { attribute, value } = indexOf(query);
  return { ...headerKey(at.slice(at.indexOf('#') + 1)), at, [attribute]: value };
}

function decode(cursor: string): [string, string] {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new CursorInvalid();
  }
}
