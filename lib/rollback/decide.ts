/** What people decide about a rollback that waits or runs: approve, reject, cancel. */
import { approve, reject, wasStarted } from '../aws/stepfunctions.ts';
import { dataLossMinutes } from '../domain/database/loss.ts';
import { ApproverIsRequester, DataLossNotAcknowledged, NotAwaitingApproval, RollbackOver } from '../errors.ts';
import { appendEvent } from '../log/events.ts';
import { getPlan } from '../log/plans.ts';
import { requireRollback, updateRollback } from '../log/rollbacks.ts';
import { approvalOf, decideApproval } from '../registry/approvals.ts';
import { closeRollback } from './close.ts';
import { insistInTime } from './expiry.ts';

export interface DecisionOf {
  readonly rollbackId: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

/** @throws NotAwaitingApproval, ApproverIsRequester, PlanExpired, DataLossNotAcknowledged, AlreadyDecided, TokenSpent */
export const approveRollback = async (decision: DecisionOf & { readonly acknowledgeDataLoss: boolean }): Promise<void> => {
  const { rollbackId, actor, acknowledgeDataLoss, now } = decision;
  const rollback = await requireRollback(rollbackId);
  if (rollback.performedBy === actor) throw new ApproverIsRequester(rollbackId, actor);
  const plan = await getPlan(rollbackId);
  if (plan) insistInTime(plan, now);
  const loss = plan?.database && dataLossMinutes(plan.database.restoreTime, now);
  if (loss !== undefined && !acknowledgeDataLoss) throw new DataLossNotAcknowledged(rollbackId, loss);
  const acknowledged = loss === undefined ? {} : { acknowledgeDataLoss, dataLossMinutes: loss };
  const token = await settle(decision, 'approved', acknowledged);
  await updateRollback(rollbackId, { approvedBy: actor });
  await approve(token, { decision: 'approved', by: actor });
};

/** @throws NotAwaitingApproval, AlreadyDecided, TokenSpent */
export const rejectRollback = async (decision: DecisionOf): Promise<void> => {
  const token = await settle(decision, 'rejected');
  await reject(token, 'ApprovalRejected', `${decision.actor}: ${decision.reason}`);
};

/** Writes the one decision that wins into the registry and the log; answers the task token it is sent with. */
const settle = async (
  { rollbackId, actor, reason, now }: DecisionOf,
  decision: 'approved' | 'rejected',
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const { status } = await requireRollback(rollbackId);
  const approval = await approvalOf(rollbackId);
  if (!approval || status !== 'awaiting-approval') throw new NotAwaitingApproval(rollbackId);
  await decideApproval(rollbackId, decision, actor, now);
  await appendEvent({
    rollbackId,
    phase: 'approve',
    type: decision,
    key: 'decision',
    detail: { by: actor, reason, ...more },
    now,
  });
  return approval.token;
};

/**
 * Asks a rollback to stop at the next point where it is safe: before the next host command. What was changed by then is undone. One
 * whose execution was never started ends here: nobody else would end it.
 * @throws RollbackOver
 */
export const cancelRollback = async ({ rollbackId, actor, reason, now }: DecisionOf): Promise<void> => {
  const { changed, rollback } = await updateRollback(rollbackId, { cancelRequestedBy: actor }, { unlessOver: true });
  if (!changed) throw new RollbackOver(rollbackId, rollback.status);
  await appendEvent({
    rollbackId,
    phase: 'close',
    type: 'cancel-requested',
    key: `cancel-${actor}`,
    detail: { by: actor, reason },
    now,
  });
  // The status at the moment of the write: what comes to wait later sees the wish itself.
  const approval = rollback.status === 'awaiting-approval' ? await approvalOf(rollbackId) : null;
  if (approval) await reject(approval.token, 'RollbackCancelled', `${actor}: ${reason}`);
  // An execution that is started in this moment finds its rollback over, and changes nothing.
  if (rollback.status === 'requested' && !(await wasStarted(rollbackId)))
    await closeRollback({
      rollbackId,
      outcome: 'cancelled',
      message: 'Cancelled before it was started: nothing is changed.',
      now,
    });
};
