import { setTimeout as sleep } from 'node:timers/promises';
import { type Invalidation, invalidate } from '../../lib/aws/cloudfront.ts';
import { FrontendInput } from '../../lib/contracts.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { step } from '../../lib/middleware.ts';
import { openSite } from '../../lib/rollback/site.ts';

/** One wildcard counts as one path, and forgets none: neither the root nor a page that answers for another. */
const EVERYTHING = ['/*'];

/** One look lasts at most this long; after that the machine waits instead of the function. */
const LOOK_MS = 10_000;
const POLL_MS = 1000;

/** The same request again is the same invalidation. */
const follow = async (distribution: string, reference: string): Promise<Invalidation> => {
  for (const end = Date.now() + LOOK_MS; ; await sleep(POLL_MS)) {
    const invalidation = await invalidate(distribution, EVERYTHING, reference);
    if (invalidation.state === 'Completed' || Date.now() + POLL_MS > end) return invalidation;
  }
};

/** READY when nothing of what was there before is served from a cache any more; the same request again asks for its state. */
export const handler = step(FrontendInput, async ({ rollbackId, fence, action }) => {
  const { site } = await openSite(rollbackId, fence, false);
  if (site.distribution === undefined) return { state: 'READY', cause: '' };
  const { id, state } = await follow(site.distribution, `${rollbackId}-${action}`);
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
