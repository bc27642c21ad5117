import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Rollback, type RollbackStatus } from '../contracts.ts';
import { TERMINAL } from '../domain/transitions.ts';
import { RollbackUnknown } from '../errors.ts';
import { headerKey } from './keys.ts';

type Fixed = 'rollbackId' | 'application' | 'requestedAt' | 'performedBy' | 'trigger' | 'strategy' | 'head';
/** What may change of a header; a member that is undefined stays as it is. */
export type RollbackChanges = { readonly [Name in Exclude<keyof Rollback, Fixed>]?: Rollback[Name] | undefined };

export type Changed = {
  /** false: the rollback was over, nothing was written. */
  readonly changed: boolean;
  /** The header afterwards. */
  readonly rollback: Rollback;
  /** The status before; it is the new one already when a step is retried. */
  readonly previous: RollbackStatus;
};

/**
 * Writes the header of a new rollback. `created: false` answers the one that is there: of the same request, or of one's own first
 * attempt. It does not mean that its execution was started, so start it again (which is idempotent).
 */
export async function createRollback(header: Rollback): Promise<{ created: boolean; rollback: Rollback }> {
  const requestedAt = new Date(header.requestedAt).toISOString();
  const indexed = { at: `${requestedAt}#${header.rollbackId}`, day: requestedAt.slice(0, 10) };
  const Item = { ...header, requestedAt, ...indexed, ...headerKey(header.rollbackId) };
  try {
    await documents.send(new PutCommand({ TableName: config.logTable, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
    return { created: true, rollback: Rollback.parse(Item) };
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return { created: false, rollback: await requireRollback(header.rollbackId) };
  }
}

/** The header as last written; null when there is none. */
export async function getRollback(rollbackId: string): Promise<Rollback | null> {
  const request = new GetCommand({ TableName: config.logTable, Key: headerKey(rollbackId), ConsistentRead: true });
  const { Item } = await documents.send(request);
  return Item === undefined ? null : Rollback.parse(Item);
}

/**
 * Changes a header. The status of a rollback that is over never changes; with `unlessOver` nothing else does either.
 * Throws `RollbackUnknown` when there is no such rollback.
 */
export async function updateRollback(
  rollbackId: string,
  changes: RollbackChanges,
  { unlessOver = false }: { readonly unlessOver?: boolean } = {},
): Promise<Changed> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const guarded = unlessOver || changes.status !== undefined;
  if (given.length === 0) return unchanged(rollbackId);
  try {
    const { Attributes } = await documents.send(updateOf(rollbackId, given, guarded));
    const before = Rollback.parse(Attributes);
    return { changed: true, rollback: Rollback.parse({ ...before, ...Object.fromEntries(given) }), previous: before.status };
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return unchanged(rollbackId);
  }
}

/** Gives a rollback its next status, with what else is known by then; `changed: false` when it is over. */
export function changeStatus(rollbackId: string, status: RollbackStatus, changes: RollbackChanges = {}): Promise<Changed> {
  return updateRollback(rollbackId, { ...changes, status });
}

function updateOf(rollbackId: string, changes: readonly (readonly [string, unknown])[], guarded: boolean): UpdateCommand {
  const over = TERMINAL.map((status, index) => [`:over${index}`, status] as const);
  const notOver = `NOT #status IN (${over.map(([name]) => name).join(', ')})`;
  const names = Object.fromEntries(changes.map(([name]) => [`#${name}`, name]));
  const values = Object.fromEntries(changes.map(([name, value]) => [`:${name}`, value]));
  return new UpdateCommand({
    TableName: config.logTable,
    Key: headerKey(rollbackId),
    UpdateExpression: `SET ${changes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: guarded ? `attribute_exists(pk) AND ${notOver}` : 'attribute_exists(pk)',
    ExpressionAttributeNames: guarded ? { ...names, '#status': 'status' } : names,
    ExpressionAttributeValues: guarded ? { ...values, ...Object.fromEntries(over) } : values,
    ReturnValues: 'ALL_OLD',
  });
}

async function unchanged(rollbackId: string): Promise<Changed> {
  const rollback = await requireRollback(rollbackId);
  return { changed: false, rollback, previous: rollback.status };
}

/** The header as last written. Throws `RollbackUnknown`. */
export async function requireRollback(rollbackId: string): Promise<Rollback> {
  const rollback = await getRollback(rollbackId);
  if (rollback === null) throw new RollbackUnknown(rollbackId);
  return rollback;
}
