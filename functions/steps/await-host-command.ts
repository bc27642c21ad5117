import { AwaitHostCommandInput } from '../../lib/contracts.ts';
import { requireCommand } from '../../lib/log/commands.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { step } from '../../lib/middleware.ts';
import { followHostCommand } from '../../lib/rollback/follow-host-command.ts';
import { keepLock } from '../../lib/rollback/lease.ts';

/** One look lasts at most this long, well under the function's time-out; a longer command is looked at again. */
const LOOK_MS = 20_000;

/** Goes on watching a command that was still at work when the step that sent it had to end. */
export const handler = step(AwaitHostCommandInput, async (input) => {
  const { rollbackId, fence, action, wave, command } = input;
  const [{ document, unreachable = [] }, plan] = await Promise.all([
    requireCommand(rollbackId, action, wave.index),
    requirePlan(rollbackId),
  ]);
  await keepLock(plan, fence, new Date());
  return { ...command, ...(await followHostCommand({ input, document, unreachable, ...command }, plan, LOOK_MS)) };
});
