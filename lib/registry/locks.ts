import { GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { LockLost } from '../errors.ts';

/**
 * One lock an application: a lease that ends by itself, and a fencing token that grows with every holder and never shrinks, since
 * the item stays when the lock is released. Hosts refuse a token smaller than the highest they have seen. `expiresAt` is in
 * milliseconds since 1970; DynamoDB's TTL deletes days late and has no part in it.
 */
type Lock = { readonly holder?: string; readonly fence: number; readonly expiresAt: number };

type Held = { readonly holder: string; readonly until: string };

export type LockAnswer = { readonly acquired: true; readonly fence: number } | ({ readonly acquired: false } & Held);

const ATTEMPTS = 3;

/**
 * Takes the lock for `leaseMs`, unless somebody else holds it. An owner that asks again while holding it gets the same fence and a
 * new lease, so a retry after a time-out is safe.
 */
export async function acquireLock(application: string, owner: string, leaseMs: number, now: Date): Promise<LockAnswer> {
  for (let attempt = 1; ; attempt++) {
    const refused = await take(application, owner, leaseMs, now).catch((error: unknown) => ({ error }));
    if (typeof refused === 'number') return { acquired: true, fence: refused };
    const lock = await readLock(application);
    const isHeld = lock !== null && lock.expiresAt > now.getTime();
    if (isHeld && lock.holder === owner) {
      await renewLock(application, owner, lock.fence, leaseMs, now);
      return { acquired: true, fence: lock.fence };
    }
    if (!isConditionFailed(refused.error)) throw refused.error;
    if (isHeld) return { acquired: false, ...held(lock) };
    if (attempt === ATTEMPTS) throw refused.error;
  }
}

/**
 * Gives the lease another `leaseMs` from now on. A lease that ran out may still be renewed as long as nobody took the lock.
 * Throws `LockLost` when somebody did, or when it was released.
 */
export async function renewLock(application: string, owner: string, fence: number, leaseMs: number, now: Date): Promise<void> {
  const renewed = await updateOwn(application, owner, fence, {
    UpdateExpression: 'SET expiresAt = :expiresAt',
    ExpressionAttributeValues: { ':expiresAt': now.getTime() + leaseMs },
  });
  if (!renewed) throw new LockLost(application, owner);
}

/** Gives the lock back. Does nothing when it is no longer held with this fence. */
export async function releaseLock(application: string, owner: string, fence: number): Promise<void> {
  await updateOwn(application, owner, fence, {
    UpdateExpression: 'SET expiresAt = :never REMOVE holder',
    ExpressionAttributeValues: { ':never': 0 },
  });
}

/**
 * Takes the lock away from what still runs in the owner's name: the owner keeps it with the next fence, so that whoever goes by the
 * one before loses it.
 * @returns the new fence; null: it is somebody else's, or free
 */
export async function seizeLock(application: string, owner: string): Promise<number | null> {
  const lock = await readLock(application);
  if (lock?.holder !== owner) return null;
  const fence = lock.fence + 1;
  const seized = await updateOwn(application, owner, lock.fence, {
    UpdateExpression: 'SET fence = :next',
    ExpressionAttributeValues: { ':next': fence },
  });
  return seized ? fence : seizeLock(application, owner);
}

/** Who holds the lock now; null: nobody. */
export async function lockHolder(application: string, now: Date): Promise<Held | null> {
  const lock = await readLock(application);
  return lock !== null && lock.expiresAt > now.getTime() ? held(lock) : null;
}

function held({ holder = 'nobody', expiresAt }: Lock): Held {
  return { holder, until: new Date(expiresAt).toISOString() };
}

function keyOf(application: string) {
  return { TableName: config.registryTable, Key: { pk: `LOCK#${application}`, sk: 'LOCK' } };
}

/** The new fence. */
async function take(application: string, owner: string, leaseMs: number, now: Date): Promise<number> {
  const request = new UpdateCommand({
    ...keyOf(application),
    UpdateExpression: 'SET holder = :owner, expiresAt = :expiresAt ADD fence :one',
    ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
    ExpressionAttributeValues: { ':owner': owner, ':expiresAt': now.getTime() + leaseMs, ':now': now.getTime(), ':one': 1 },
    ReturnValues: 'UPDATED_NEW',
  });
  const { Attributes } = await documents.send(request);
  return (Attributes as Lock).fence;
}

async function readLock(application: string): Promise<Lock | null> {
  const { Item } = await documents.send(new GetCommand({ ...keyOf(application), ConsistentRead: true }));
  return (Item as Lock | undefined) ?? null;
}

type Change = Required<Pick<UpdateCommandInput, 'UpdateExpression' | 'ExpressionAttributeValues'>>;

/** false: the lock is not, or no longer, held by this owner with this fence. */
async function updateOwn(application: string, owner: string, fence: number, change: Change): Promise<boolean> {
  const request = new UpdateCommand({
    ...keyOf(application),
    UpdateExpression: change.UpdateExpression,
    ConditionExpression: 'holder = :owner AND fence = :fence',
    ExpressionAttributeValues: { ...change.ExpressionAttributeValues, ':owner': owner, ':fence': fence },
  });
  try {
    await documents.send(request);
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}
