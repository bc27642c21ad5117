/** Puts a rollback on record and starts its state machine; asked twice for the same, it starts once. */
import { announce } from '../aws/eventbridge.ts';
import { startRollback as startExecution } from '../aws/stepfunctions.ts';
import type { Rollback } from '../contracts.ts';
import { appendEvent } from '../log/events.ts';
import { createRollback } from '../log/rollbacks.ts';

/** A rollback as it is asked for; its id says the same thing at a retry. */
export type AskedRollback = Pick<
  Rollback,
  'rollbackId' | 'application' | 'strategy' | 'trigger' | 'performedBy' | 'reason' | 'impact' | 'targetVersion'
>;

/**
 * Record first, then start: a crash between the two is cured by the same request coming again, which finds the record
 * still `requested` and starts the execution that has its name.
 * @returns the record, and whether this call made it
 */
export const startRollback = async (asked: AskedRollback, now: Date): Promise<{ created: boolean; rollback: Rollback }> => {
  const { created, rollback } = await createRollback({
    ...asked,
    status: 'requested',
    requestedAt: now.toISOString(),
    followUp: [],
  });
  if (rollback.status !== 'requested') return { created, rollback };
  const { rollbackId, application, strategy, trigger, performedBy, reason } = rollback;
  await appendEvent({
    rollbackId,
    phase: 'trigger',
    type: 'requested',
    key: 'requested',
    detail: { strategy, trigger, performedBy, reason },
    now,
  });
  await startExecution({ rollbackId, application });
  if (created) await announce({ rollback, previous: null });
  return { created, rollback };
};
