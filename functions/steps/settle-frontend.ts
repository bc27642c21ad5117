import { SettleFrontendInput } from '../../lib/contracts.ts';
import { addOutcomes, NOTHING_DONE } from '../../lib/domain/frontend/chunks.ts';
import { settled } from '../../lib/domain/frontend/standing.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf, recordFrontendWork } from '../../lib/log/frontend-work.ts';
import { step } from '../../lib/middleware.ts';

/**
 * What became of one kind of objects, on record. A change that is not whole ends here, before the next kind is touched; an undo goes
 * on with what it can bring back, and is told apart at its end.
 */
export const handler = step(SettleFrontendInput, async ({ rollbackId, action, stage, outcomes }) => {
  const { kind } = stage.now;
  const outcome = outcomes.reduce(addOutcomes, NOTHING_DONE);
  const undoes = action === 'undo';
  await appendEvent({
    rollbackId,
    phase: undoes ? 'undo' : 'apply',
    type: 'objects-restored',
    key: `frontend-${action}-${kind}`,
    detail: { kind, ...outcome },
    now: new Date(),
  });
  const problem = settled(kind, outcome);
  if (problem === null) return { state: 'READY', cause: '' };
  if (!undoes) return { state: 'FAILED', cause: problem };
  const { undoProblems = [] } = await frontendWorkOf(rollbackId);
  if (!undoProblems.includes(problem)) await recordFrontendWork(rollbackId, { undoProblems: [...undoProblems, problem] });
  return { state: 'READY', cause: '' };
});
