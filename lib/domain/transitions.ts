import { Outcome, type RollbackStatus } from '../contracts.ts';

/** The states a rollback never leaves. */
export const TERMINAL: readonly RollbackStatus[] = Outcome.options;

/** Whether nothing more happens to a rollback with this status. It does not mean that it went well. */
export function isOver(status: RollbackStatus): status is Outcome {
  return TERMINAL.includes(status);
}
