import { ExecutionEnded } from '../../lib/contracts.ts';
import { step } from '../../lib/middleware.ts';
import { closeDead } from '../../lib/rollback/close-dead.ts';

/** The second safety net: an execution that failed, timed out or was stopped did not reach its own last step. */
export const handler = step(ExecutionEnded, ({ detail }) =>
  closeDead({ rollbackId: detail.name, how: detail.status, cause: detail.cause ?? detail.error ?? '', now: new Date() }),
);
