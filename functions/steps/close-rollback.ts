import * as z from 'zod/mini';
import { End, ExecutionInput, type Rollback } from '../../lib/contracts.ts';
import { describeFailure } from '../../lib/domain/failure.ts';
import { closingOutcome } from '../../lib/domain/outcome.ts';
import { allEvents } from '../../lib/log/events.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { step } from '../../lib/middleware.ts';
import { seizeLock } from '../../lib/registry/locks.ts';
import { closeRollback } from '../../lib/rollback/close.ts';
import { cancelUnfinished } from '../../lib/rollback/host-commands.ts';
import { whereHostsStand } from '../../lib/rollback/observe-hosts.ts';
import { whatElseStands } from '../../lib/rollback/standing.ts';

const Failure = z.object({ Error: z.string(), Cause: z.string() });
const Input = z.extend(ExecutionInput, {
  end: End,
  failure: z.optional(Failure),
  undoFailure: z.optional(Failure),
});

/** How long a step that renewed its lock right before it was seized may take until its command is listed: one request, and its listing. */
const SENT_WITHIN_MS = 10_000;

/** The checks that sent a rollback back, in the words of the verdict that is on record. */
const whatWasWorse = async (rollbackId: string): Promise<string | undefined> => {
  const judged = (await allEvents(rollbackId)).findLast(({ type, detail }) => type === 'worse' && Array.isArray(detail.reasons));
  const reasons = (judged?.detail.reasons ?? []) as readonly string[];
  return reasons.filter((reason) => /was good/.test(reason)).join('; ') || undefined;
};

/** What was seen last is what was there before an undo that went wrong: ask again. */
const standingAt = async (end: End, { rollbackId, hosts = [] }: Rollback) =>
  end === 'undo-failed' ? whereHostsStand(rollbackId) : hosts;

/** A cancellation or a refusal shows up as a failed execution where the machine could not tell it apart. */
const meaningOf = ({ cancelRequestedBy, refusal }: Rollback): End => {
  if (cancelRequestedBy) return 'cancelled';
  return refusal ? 'refused' : 'failed-before-change';
};

export const handler = step(Input, async ({ rollbackId, end, failure, undoFailure }) => {
  const before = await requireRollback(rollbackId);
  // A step that failed may have left a command at work, and one beside it may be about to send another: it no longer holds the lock then.
  const fence = await seizeLock(before.application, rollbackId);
  await cancelUnfinished(rollbackId, SENT_WITHIN_MS);
  const { refusal, from, to } = before;
  const hosts = await standingAt(end, before);
  const meant = end === 'failed-before-change' ? meaningOf(before) : end;
  // An undo that got there in the end is not what people want to read about, but why it was needed.
  const undoReason = end === 'undone' || !undoFailure ? undefined : describeFailure(undoFailure);
  // That nobody approved in time says it all.
  const why = end === 'expired' || !failure ? undefined : describeFailure(failure);
  const worse = end === 'undone' && !failure ? await whatWasWorse(rollbackId) : undefined;
  const reason = refusal?.message ?? undoReason ?? why ?? worse;
  const { stands, leftOver } = await whatElseStands(rollbackId);
  const { outcome, message } = closingOutcome({ end: meant, hosts, from, to, stands, reason });
  const { status } = await closeRollback({
    rollbackId,
    outcome,
    message,
    hosts: hosts.length > 0 ? hosts : undefined,
    changed: meant === 'failed-before-change' ? false : undefined,
    detail: { end, failure, undoFailure },
    leftOver,
    fence: fence ?? undefined,
    now: new Date(),
  });
  return { outcome: status, message };
});
