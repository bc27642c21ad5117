import type { Rollback } from '../contracts.ts';
import { NothingToUndo } from '../errors.ts';
import type { AskedRollback } from './start.ts';

/**
 * A rollback that brings back what an earlier one rolled back: after a success, or to try again what was held.
 * @throws NothingToUndo when it is not over, changed nothing, restored a database, or what ran before was never recorded as a release
 */
export const undoOf = (rollback: Rollback): Omit<AskedRollback, 'rollbackId' | 'performedBy' | 'reason'> => {
  const { rollbackId, application, strategy, status, from, dataLossMinutes } = rollback;
  if (status !== 'succeeded' && status !== 'unresolved')
    throw new NothingToUndo(`${rollbackId} is ${status}: only a rollback that succeeded or is unresolved can be undone.`);
  // What was written since would be lost, and the log says by which names the instances go.
  if (dataLossMinutes !== undefined)
    throw new NothingToUndo(
      `${rollbackId} restored a database, and what was written since would be lost. If that is wanted: its report says where the old instance is and how to bring it back.`,
    );
  const asked = { application, strategy, trigger: { type: 'undo', of: rollbackId } } as const;
  if (strategy === 'configuration') return asked;
  if (!from?.version)
    throw new NothingToUndo(
      `What ran before ${rollbackId} is not recorded as a release. Record it with POST /applications/${application}/releases, then ask for that version.`,
    );
  return { ...asked, targetVersion: from.version };
};
