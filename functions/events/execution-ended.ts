import { BackUpInput, ExecutionEnded } from '../../lib/contracts.ts';
import { step } from '../../lib/middleware.ts';
import { closeDead } from '../../lib/rollback/close-dead.ts';
import { endDeadBackup } from '../../lib/rollback/end-dead-backup.ts';

/** The second safety net: an execution that failed, timed out or was stopped did not reach its own last step. */
export const handler = step(ExecutionEnded, ({ detail }) => {
  const ended = { how: detail.status, cause: detail.cause ?? detail.error ?? '', now: new Date() };
  const backup = BackUpInput.safeParse(JSON.parse(detail.input ?? 'null'));
  return backup.success ? endDeadBackup({ ...backup.data, ...ended }) : closeDead({ rollbackId: detail.name, ...ended });
});
