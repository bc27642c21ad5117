/** Puts a rollback on record and starts its state machine; asked twice for the same, it starts once. */
import { isDeepStrictEqual } from 'node:util';
import { announce } from '../aws/eventbridge.ts';
import { startRollback as startExecution } from '../aws/stepfunctions.ts';
import type { Rollback } from '../contracts.ts';
import { appendEvent } from '../log/events.ts';
import { createRollback } from '../log/rollbacks.ts';

/** A rollback as it is asked for; its id says the same thing at a retry. */
export type AskedRollback = Pick<
  Rollback,
  | 'rollbackId'
  | 'application'
  | 'strategy'
  | 'trigger'
  | 'performedBy'
  | 'reason'
  | 'impact'
  | 'targetVersion'
  | 'targetTime'
  | 'frontend'
>;

interface Started {
  /** Whether this call put it on record. */
  readonly created: boolean;
  /** Whether it was asked for with the same words; one that this call made always was. */
  readonly same: boolean;
  readonly rollback: Rollback;
}

/** What is asked for: the log's first event, and what the same request again has to say. */
const contentOf = ({ strategy, trigger, performedBy, reason, targetVersion, targetTime, frontend, impact }: AskedRollback) => ({
  strategy,
  trigger,
  performedBy,
  reason,
  ...(targetVersion === undefined ? {} : { targetVersion }),
  ...(targetTime === undefined ? {} : { targetTime }),
  ...(frontend === undefined ? {} : { frontend }),
  ...(impact === undefined ? {} : { impact }),
});

/**
 * Record first, then start: a crash between the two is cured by the same request coming again, which finds the record
 * still `requested` and starts the execution that has its name.
 */
export const startRollback = async (asked: AskedRollback, now: Date): Promise<Started> => {
  const { created, rollback } = await createRollback({
    ...asked,
    status: 'requested',
    requestedAt: now.toISOString(),
    followUp: [],
  });
  const { rollbackId, application } = rollback;
  const { detail } = await appendEvent({
    rollbackId,
    phase: 'trigger',
    type: 'requested',
    key: 'requested',
    detail: contentOf(rollback),
    now,
  });
  const started = { created, same: isDeepStrictEqual(detail, contentOf(asked)), rollback };
  if (rollback.status !== 'requested') return started;
  try {
    // Announced first, so that the bus hears of it before its plan; a bus that is down holds no rollback up.
    if (created) await announce({ rollback, previous: null });
  } finally {
    await startExecution({ rollbackId, application });
  }
  return started;
};
