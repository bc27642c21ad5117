import * as z from 'zod';
import { End, ExecutionInput } from '../../lib/contracts.ts';
import { closingOutcome } from '../../lib/domain/outcome.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { closeRollback } from '../../lib/rollback/close.ts';

const Failure = z.object({ Error: z.string(), Cause: z.string() });
const Input = ExecutionInput.extend({
  end: End,
  lock: z.object({ acquired: z.boolean(), fence: z.int() }).optional(),
  failure: Failure.optional(),
  undoFailure: Failure.optional(),
});

/** Why a step failed, in words: a nested execution's cause is its whole description as JSON, with the words inside. */
const sentence = (failure: z.infer<typeof Failure> | undefined): string | undefined => {
  if (!failure) return undefined;
  try {
    const { Error: error, Cause, errorMessage } = JSON.parse(failure.Cause) as Record<string, string | undefined>;
    return errorMessage ?? sentence(Cause ? { Error: error ?? failure.Error, Cause } : undefined) ?? failure.Cause;
  } catch {
    return failure.Cause || failure.Error;
  }
};

export const handler = step(Input, async ({ rollbackId, end, lock, failure, undoFailure }) => {
  const { cancelRequestedBy, refusal, hosts = [], from, to } = await requireRollback(rollbackId);
  // A cancellation shows up as a failed wave where the machine could not tell it apart.
  const meant = end === 'failed-before-change' && cancelRequestedBy ? 'cancelled' : end;
  const reason = refusal?.message ?? sentence(undoFailure) ?? sentence(failure);
  const { outcome, message } = closingOutcome({ end: meant, hosts, from, to, reason });
  const fence = lock?.acquired ? lock.fence : undefined;
  await closeRollback({
    rollbackId,
    outcome,
    message,
    hosts: hosts.length > 0 ? hosts : undefined,
    detail: { end, failure, undoFailure },
    fence,
    now: new Date(),
  });
  return { outcome, message };
});
