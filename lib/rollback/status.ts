/** Moves a rollback from one status to the next and tells the bus. */
import { type Announcement, announce } from '../aws/eventbridge.ts';
import type { Rollback, RollbackStatus } from '../contracts.ts';
import { changeStatus, type RollbackChanges } from '../log/rollbacks.ts';
import { logger } from '../logger.ts';
import { countUntold } from '../metrics.ts';

/**
 * One that is over stays as it is. After a retry the announcement may come again or, after a crash between the two or when the bus does
 * not take it, not at all: the log is the truth, the bus is for those who want to hear of it early.
 */
export const moveTo = async (rollbackId: string, status: RollbackStatus, changes: RollbackChanges = {}): Promise<Rollback> => {
  const { changed, previous, rollback } = await changeStatus(rollbackId, status, changes);
  if (changed && previous !== status) await tellBus({ rollback, previous });
  return rollback;
};

/** A bus that is down decides no rollback: what it does not take is counted, and the rollback goes on. */
export const tellBus = (announcement: Announcement): Promise<void> =>
  announce(announcement).catch((error: unknown) => {
    logger.warn('a status was not announced', error as Error);
    countUntold('bus');
  });
