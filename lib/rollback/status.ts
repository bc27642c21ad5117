/** Moves a rollback from one status to the next and tells the bus. */
import { announce } from '../aws/eventbridge.ts';
import type { Rollback, RollbackStatus } from '../contracts.ts';
import { changeStatus, type RollbackChanges } from '../log/rollbacks.ts';

/**
 * One that is over stays as it is. After a retry the announcement may come again or, if the crash fell between the two, not at all:
 * the log is the truth, the bus is for those who want to hear of it early.
 */
export const moveTo = async (rollbackId: string, status: RollbackStatus, changes: RollbackChanges = {}): Promise<Rollback> => {
  const { changed, previous, rollback } = await changeStatus(rollbackId, status, changes);
  if (changed && previous !== status) await announce({ rollback, previous });
  return rollback;
};
