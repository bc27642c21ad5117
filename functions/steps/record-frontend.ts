import { RecordFrontendInput } from '../../lib/contracts.ts';
import { recordManifest } from '../../lib/frontend/record-manifest.ts';
import { step } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { previousManifest, recordReleaseFrontend } from '../../lib/registry/release-frontends.ts';
import { manifestFolder } from '../../lib/rollback/site.ts';

/** Well under the function's time-out; a larger bucket is gone on with by the next invocation. */
const BUDGET_MS = 10 * 60_000;

/** Writes the manifest of a release's bucket. PENDING: `cursor` says where to go on. */
export const handler = step(RecordFrontendInput, async ({ application, version, progress }) => {
  const { frontend } = await requireApplication(application);
  if (!frontend) return { state: 'READY', cursor: null };
  const location = manifestFolder(application, version);
  const recorded = await recordManifest({
    bucket: frontend.bucket,
    prefix: frontend.prefix,
    location,
    previous: await previousManifest(application, version),
    cursor: progress.cursor,
    until: new Date(Date.now() + BUDGET_MS),
  });
  if (recorded.state === 'PENDING') return { state: recorded.state, cursor: recorded.cursor };
  const { objects, bytes, takenAt } = recorded.index;
  await recordReleaseFrontend(application, version, { state: 'recorded', location, objects, bytes, takenAt });
  return { state: recorded.state, cursor: null };
});
