import { FrontendProgressInput, type Refusal } from '../../lib/contracts.ts';
import { frontendRefusal } from '../../lib/domain/frontend/guards.ts';
import { bucketRefusal } from '../../lib/frontend/bucket.ts';
import { planObjects } from '../../lib/frontend/plan-objects.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { recordFrontendWork } from '../../lib/log/frontend-work.ts';
import { step } from '../../lib/middleware.ts';
import { beginInTime } from '../../lib/rollback/expiry.ts';
import { folderOf, openSite } from '../../lib/rollback/site.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** Well under the function's time-out and the lock's lease; a larger bucket is gone on with by the next invocation. */
const BUDGET_MS = 5 * 60_000;

const refuse = async (rollbackId: string, refusal: Refusal, now: Date) => {
  await moveTo(rollbackId, 'in-progress', { refusal });
  await appendEvent({ rollbackId, phase: 'prepare', type: 'refused', key: 'frontend-planned', detail: refusal, now });
  return { state: 'REFUSED', cursor: null, message: refusal.message };
};

/** Compares the bucket with the target and writes down what has to change. PENDING: `cursor` says where to go on. */
export const handler = step(FrontendProgressInput, async ({ rollbackId, fence, progress }) => {
  const now = new Date();
  const { plan, site, target, rollback } = await openSite(rollbackId, fence, true);
  if (progress.cursor === null) await beginInTime(plan, now);
  const { bucket, prefix, entryPoints, maxShrink } = site;
  const unusable = await bucketRefusal(site, target, now);
  if (unusable) return refuse(rollbackId, unusable, now);
  const planned = await planObjects({
    source: { bucket, prefix },
    target,
    entryPoints,
    folder: folderOf(rollbackId, 'apply'),
    cursor: progress.cursor,
    until: new Date(now.getTime() + BUDGET_MS),
  });
  if (planned.state === 'PENDING') return { state: planned.state, cursor: planned.cursor, message: '' };
  const refusal = frontendRefusal({
    ...planned,
    alone: plan.components.length === 1,
    maxShrink: rollback.frontend?.maxShrink ?? maxShrink,
  });
  if (refusal) return refuse(rollbackId, refusal, now);
  const { totals, chunks } = planned;
  await recordFrontendWork(rollbackId, { totals, chunks });
  await appendEvent({
    rollbackId,
    phase: 'prepare',
    type: 'objects-planned',
    key: 'frontend-planned',
    detail: {
      restoredBy: target,
      copies: totals.copies.objects,
      removals: totals.removals.objects,
      unchanged: totals.unchanged.objects,
      bytes: totals.copies.bytes,
      ambiguous: planned.ambiguousCount,
    },
    now,
  });
  return { state: planned.state, cursor: null, message: '' };
});
