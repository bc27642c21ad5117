import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { AlreadyDecided, NotAwaitingApproval } from '../errors.ts';

export type ApprovalDecision = 'approved' | 'rejected';

export type Approval = {
  readonly rollbackId: string;
  /** Task token of the waiting state: whoever has it can decide, so it never leaves the service. */
  readonly token: string;
  /** ISO time after which nobody can decide any more. */
  readonly expiresAt: string;
  readonly decision?: ApprovalDecision;
  readonly decidedBy?: string;
  readonly decidedAt?: string;
};

/**
 * Keeps the token that a rollback waits with. A retried step's newer token replaces it; one that is decided stays as it is.
 * @returns what is kept: if it is decided, whoever waits with the newer token has to be told
 */
export async function saveApproval({
  rollbackId,
  token,
  expiresAt,
}: Pick<Approval, 'rollbackId' | 'token' | 'expiresAt'>): Promise<Approval> {
  const request = new PutCommand({
    TableName: config.registryTable,
    // Compared as text with the time of the decision: the same form for both.
    Item: { ...keyOf(rollbackId), rollbackId, token, expiresAt: new Date(expiresAt).toISOString() },
    ConditionExpression: 'attribute_not_exists(decision)',
  });
  try {
    await documents.send(request);
    return { rollbackId, token, expiresAt };
  } catch (error) {
    const decided = isConditionFailed(error) ? await approvalOf(rollbackId) : null;
    if (decided === null) throw error;
    return decided;
  }
}

/** The approval of a rollback, decided or not; null when none was asked for. */
export async function approvalOf(rollbackId: string): Promise<Approval | null> {
  const request = new GetCommand({ TableName: config.registryTable, Key: keyOf(rollbackId), ConsistentRead: true });
  return withoutKey((await documents.send(request)).Item);
}

/**
 * Decides once and for all: of several at the same time one wins. The same decision by the same person again is answered as it
 * was made, so that its token can be sent once more. Throws `AlreadyDecided`, or `NotAwaitingApproval` when there is nothing to
 * decide or the time is over.
 */
export async function decideApproval(
  rollbackId: string,
  decision: ApprovalDecision,
  actor: string,
  now: Date,
): Promise<Approval> {
  const request = new UpdateCommand({
    TableName: config.registryTable,
    Key: keyOf(rollbackId),
    UpdateExpression: 'SET decision = :decision, decidedBy = :actor, decidedAt = :now',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(decision) AND expiresAt > :now',
    ExpressionAttributeValues: { ':decision': decision, ':actor': actor, ':now': now.toISOString() },
    ReturnValues: 'ALL_NEW',
  });
  try {
    return withoutKey((await documents.send(request)).Attributes) as Approval;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    const approval = await approvalOf(rollbackId);
    if (approval?.decision === decision && approval.decidedBy === actor) return approval;
    if (approval?.decision === undefined) throw new NotAwaitingApproval(rollbackId, error);
    throw new AlreadyDecided(rollbackId, approval.decision, approval.decidedBy ?? 'somebody');
  }
}

function keyOf(rollbackId: string) {
  return { pk: `APPROVAL#${rollbackId}`, sk: 'APPROVAL' };
}

function withoutKey(item: Record<string, unknown> | undefined): Approval | null {
  if (item === undefined) return null;
  const { pk: _pk, sk: _sk, ...approval } = item;
  return approval as Approval;
}
