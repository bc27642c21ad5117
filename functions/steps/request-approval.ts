import * as z from 'zod/mini';
import { notify } from '../../lib/aws/sns.ts';
import { approve, reject } from '../../lib/aws/stepfunctions.ts';
import { ExecutionInput } from '../../lib/contracts.ts';
import { approvalLetter } from '../../lib/domain/plan.ts';
import { RollbackCancelled } from '../../lib/errors.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { logger } from '../../lib/logger.ts';
import { countUntold } from '../../lib/metrics.ts';
import { step } from '../../lib/middleware.ts';
import { saveApproval } from '../../lib/registry/approvals.ts';
import { moveTo } from '../../lib/rollback/status.ts';

const Input = z.extend(ExecutionInput, { approvalSeconds: z.int(), taskToken: z.string() });

/** The token is a bearer secret: it is kept in the registry only, never in the log, an event or a message. */
export const handler = step(Input, async ({ rollbackId, application, approvalSeconds, taskToken }) => {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + approvalSeconds * 1000).toISOString();
  const { decision, decidedBy } = await saveApproval({ rollbackId, token: taskToken, expiresAt });
  // Decided while this step was retried: the token that the decision was sent with had nobody waiting any more.
  if (decision === 'approved') return approve(taskToken, { decision, by: decidedBy });
  if (decision === 'rejected') return reject(taskToken, 'ApprovalRejected', `${decidedBy} rejected it.`);
  await appendEvent({ rollbackId, phase: 'approve', type: 'asked', key: 'approval-asked', detail: { expiresAt }, now });
  // Asked of the very write after which a cancellation finds it waiting: one of the two always sees the other.
  const { cancelRequestedBy } = await moveTo(rollbackId, 'awaiting-approval');
  if (cancelRequestedBy) throw new RollbackCancelled(`${cancelRequestedBy} cancelled the rollback before it was approved.`);
  const message = approvalLetter(await requirePlan(rollbackId), expiresAt);
  // It waits all the same: whoever asked for it knows, and can tell others.
  await notify({ subject: `[${application}] rollback awaits approval`, message }).catch((error: unknown) => {
    logger.warn('nobody was told that a rollback awaits approval', error as Error);
    countUntold('people');
  });
});
