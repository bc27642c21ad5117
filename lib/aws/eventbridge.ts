import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Rollback, RollbackStatus } from '../contracts.ts';
import { isOver } from '../domain/transitions.ts';
import { AnnouncementFailed } from '../errors.ts';
import { clientDefaults } from './client.ts';

/** Nobody waits long for a bus that is down: the step that announces a status has its own work to do. */
const requestHandler = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true };
const client = new EventBridgeClient({ ...clientDefaults, requestHandler, maxAttempts: 2 });

/**
 * Puts a `Rollback Status Changed` of source `rollback-service` on the default event bus. `outcome` is there once the rollback is
 * over; `head` anchors the event chain outside of its table. Subscribers may get it more than once. Throws `AnnouncementFailed`
 * when EventBridge did not take it.
 */
export async function announce({ rollback, previous, at = new Date() }: Announcement): Promise<void> {
  const { rollbackId, application, strategy, status, from, to, reason, performedBy, head } = rollback;
  const outcome = isOver(status) ? status : undefined;
  const header = {
    rollbackId,
    application,
    strategy,
    status,
    previousStatus: previous,
    outcome,
    from,
    to,
    reason,
    performedBy,
    head,
  };
  const entry = {
    Source: 'rollback-service',
    DetailType: 'Rollback Status Changed',
    Time: at,
    Detail: JSON.stringify({ ...header, at: at.toISOString() }),
  };
  const { FailedEntryCount = 0, Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }));
  if (FailedEntryCount === 0) return;
  const { ErrorCode, ErrorMessage } = Entries[0] ?? {};
  throw new AnnouncementFailed(
    `EventBridge did not take the status of ${rollbackId} (${ErrorCode}: ${ErrorMessage}). Try again.`,
  );
}

export type Announcement = {
  /** The header as it is after the change. */
  readonly rollback: Rollback;
  /** The status before it; null for a rollback that is new. */
  readonly previous: RollbackStatus | null;
  readonly at?: Date;
};
