import { RestoreObjectsInput } from '../../lib/contracts.ts';
import { addOutcomes, NOTHING_DONE } from '../../lib/domain/frontend/chunks.ts';
import { restoreChunk } from '../../lib/frontend/restore-chunk.ts';
import { step } from '../../lib/middleware.ts';
import { folderOf, openSite } from '../../lib/rollback/site.ts';

/** Restores the objects of a range of chunks. The lock is asked for before each chunk: who lost it changes nothing more. */
export const handler = step(RestoreObjectsInput, async ({ rollbackId, fence, action, range }) => {
  let done = NOTHING_DONE;
  for (let number = range.first; number < range.first + range.count; number += 1) {
    const { site } = await openSite(rollbackId, fence, false);
    const folder = folderOf(rollbackId, action === 'undo' ? 'undo' : 'apply');
    done = addOutcomes(done, await restoreChunk({ bucket: site.bucket, folder, kind: range.kind, number }));
  }
  return done;
});
