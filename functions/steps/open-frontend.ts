import { FrontendInput, ObjectKind } from '../../lib/contracts.ts';
import { chunkRanges } from '../../lib/domain/frontend/chunks.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf, recordFrontendWork } from '../../lib/log/frontend-work.ts';
import { step } from '../../lib/middleware.ts';
import { openSite } from '../../lib/rollback/site.ts';

/** Puts on record that objects are going to be changed, and answers their chunks, kind by kind, in the order of the change. */
export const handler = step(FrontendInput, async ({ rollbackId, fence, action }) => {
  const now = new Date();
  const undoes = action === 'undo';
  await openSite(rollbackId, fence, !undoes);
  const before = await frontendWorkOf(rollbackId);
  const at = now.toISOString();
  const work = await recordFrontendWork(
    rollbackId,
    undoes ? { undoBegunAt: before.undoBegunAt ?? at } : { applyBegunAt: before.applyBegunAt ?? at },
  );
  const counts = undoes ? work.undoChunks : work.chunks;
  await appendEvent({
    rollbackId,
    phase: undoes ? 'undo' : 'apply',
    type: 'objects-begun',
    key: `frontend-${action}-begun`,
    detail: { chunks: counts ?? {} },
    now,
  });
  const stages = ObjectKind.options
    .map((kind) => ({ kind, ranges: chunkRanges(counts, kind) }))
    .filter(({ ranges }) => ranges.length > 0);
  return { stages, count: stages.length, next: 0 };
});
