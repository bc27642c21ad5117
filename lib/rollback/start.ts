/** Puts a rollback on record and starts its state machine; asked twice for the same, it starts once. */
import { isDeepStrictEqual } from 'node:util';
import { isError, isThrottling, wasRefused } from '../aws/client.ts';
import { startRollback as startExecution } from '../aws/stepfunctions.ts';
import type { Rollback } from '../contracts.ts';
import { ExecutionNameTaken } from '../errors.ts';
import { appendEvent } from '../log/events.ts';
import { createRollback } from '../log/rollbacks.ts';
import { closeRollback } from './close.ts';
import { tellBus } from './status.ts';

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
 * still `requested` and starts the execution that has its name. `comesAgain`: a request that failed is sent again under the same id;
 * otherwise, or when no other try can help, a record whose execution could not be started is closed.
 */
export const startRollback = async (asked: AskedRollback, now: Date, comesAgain: boolean): Promise<Started> => {
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
  // Announced first, so that the bus hears of it before its plan.
  if (created) await tellBus({ rollback, previous: null });
  await startExecution({ rollbackId, application }).catch(async (error: unknown) => {
    if (!comesAgain || isFinal(error)) await closeUnstarted(rollbackId, error);
    throw error;
  });
  return started;
};

/** AWS said no, and not because too much was asked of it at once. */
const isFinal = (error: unknown): boolean =>
  error instanceof ExecutionNameTaken || (wasRefused(error) && !isThrottling(error) && !isError(error, 'ExecutionLimitExceeded'));

/** An execution that was started all the same, its answer lost, finds its rollback over and changes nothing. */
const closeUnstarted = async (rollbackId: string, error: unknown): Promise<void> => {
  const { name, message } = error as Error;
  await closeRollback({
    rollbackId,
    outcome: 'failed',
    message: `It could not be started, and nothing is changed. ${name}: ${message}`,
    changed: false,
    now: new Date(),
  });
};
