import { invalidate } from '../../lib/aws/cloudfront.ts';
import { FrontendInput } from '../../lib/contracts.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { step } from '../../lib/middleware.ts';
import { openSite } from '../../lib/rollback/site.ts';

/** One wildcard counts as one path, and forgets none: neither the root nor a page that answers for another. */
const EVERYTHING = ['/*'];

/** READY when nothing of what was there before is served from a cache any more; the same request again asks for its state. */
export const handler = step(FrontendInput, async ({ rollbackId, fence, action }) => {
  const { site } = await openSite(rollbackId, fence, false);
  if (site.distribution === undefined) return { state: 'READY', cause: '' };
  const { id, state } = await invalidate(site.distribution, EVERYTHING, `${rollbackId}-${action}`);
  if (state !== 'Completed') return { state: 'PENDING', cause: '' };
  await appendEvent({
    rollbackId,
    phase: action === 'undo' ? 'undo' : 'apply',
    type: 'cache-invalidated',
    key: `frontend-${action}-invalidated`,
    detail: { distribution: site.distribution, invalidation: id },
    now: new Date(),
  });
  return { state: 'READY', cause: '' };
});
