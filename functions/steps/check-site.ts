import { FrontendInput } from '../../lib/contracts.ts';
import { compareSite } from '../../lib/frontend/site.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf, recordFrontendWork } from '../../lib/log/frontend-work.ts';
import { step } from '../../lib/middleware.ts';
import { folderOf, openSite } from '../../lib/rollback/site.ts';

/** The end of a change or an undo: what people are served is what the bucket holds, and all of it came back. */
export const handler = step(FrontendInput, async ({ rollbackId, fence, action }) => {
  const now = new Date();
  const undoes = action === 'undo';
  const { site } = await openSite(rollbackId, fence, false);
  const { undoProblems = [] } = await frontendWorkOf(rollbackId);
  const { checked, problems } = await compareSite(site, folderOf(rollbackId, undoes ? 'undo' : 'apply'));
  const wrong = undoes ? [...undoProblems, ...problems] : problems;
  await appendEvent({
    rollbackId,
    phase: undoes ? 'undo' : 'apply',
    type: wrong.length === 0 ? 'site-right' : 'site-wrong',
    key: `frontend-${action}-checked`,
    detail: { checked, problems: wrong },
    now,
  });
  if (wrong.length > 0) return { state: 'FAILED', cause: wrong.join(' ').slice(0, 4000) };
  await recordFrontendWork(rollbackId, undoes ? { undoneAt: now.toISOString() } : { appliedAt: now.toISOString() });
  return { state: 'READY', cause: '' };
});
