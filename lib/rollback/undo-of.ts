import type { Rollback } from '../contracts.ts';
import { NothingToUndo } from '../errors.ts';
import type { AskedRollback } from './start.ts';

/**
 * A rollback that brings back what an earlier one rolled back: after a success, or to try again what was held.
 * @throws NothingToUndo when it is not over, changed nothing, or what ran before was never recorded as a release
 */
export const undoOf = ({
  rollbackId,
  application,
  strategy,
  status,
  from,
}: Rollback): Omit<AskedRollback, 'rollbackId' | 'performedBy' | 'reason'> => {
  if (status !== 'succeeded' && status !== 'unresolved')
    throw new NothingToUndo(`${rollbackId} is ${status}: only a rollback that succeeded or is unresolved can be undone.`);
  if (!from?.version)
    throw new NothingToUndo(
      `What ran before ${rollbackId} is not recorded as a release. Record it with POST /applications/${application}/releases, then ask for that version.`,
    );
  return { application, strategy, trigger: { type: 'undo', of: rollbackId }, targetVersion: from.version };
};
