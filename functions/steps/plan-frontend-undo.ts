import { FrontendProgressInput } from '../../lib/contracts.ts';
import { planUndo } from '../../lib/frontend/plan-undo.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf, recordFrontendWork } from '../../lib/log/frontend-work.ts';
import { step } from '../../lib/middleware.ts';
import { folderOf, openSite } from '../../lib/rollback/site.ts';

const BUDGET_MS = 5 * 60_000;

/** As long as the step that restores objects may run: one that was stopped with its execution may still be at work. */
const AT_WORK_MS = 300_000;

/** Writes down the inverse of what was done. PENDING: to be gone on with, or somebody is still at work. */
export const handler = step(FrontendProgressInput, async ({ rollbackId, fence, progress }) => {
  const now = Date.now();
  const { site } = await openSite(rollbackId, fence, false);
  const { chunks } = await frontendWorkOf(rollbackId);
  const planned = await planUndo({
    source: site,
    folder: folderOf(rollbackId, 'apply'),
    undoFolder: folderOf(rollbackId, 'undo'),
    chunks,
    entryPoints: site.entryPoints,
    cursor: progress.cursor,
    until: new Date(now + BUDGET_MS),
    oldestRunning: new Date(now - AT_WORK_MS),
  });
  if (planned.state === 'PENDING') return { state: planned.state, cursor: planned.cursor, message: '' };
  await recordFrontendWork(rollbackId, { undoChunks: planned.chunks });
  const { objects, leftCount, left } = planned;
  await appendEvent({
    rollbackId,
    phase: 'undo',
    type: 'objects-planned',
    key: 'frontend-undo-planned',
    detail: { objects, changedByOthers: leftCount, left },
    now: new Date(),
  });
  return { state: planned.state, cursor: null, message: '' };
});
