import * as z from 'zod/mini';
import { BackUpInput } from '../../lib/contracts.ts';
import { step } from '../../lib/middleware.ts';
import { updateBackup } from '../../lib/registry/backups.ts';
import { recordReleaseBackup } from '../../lib/registry/release-backups.ts';

const Input = z.extend(BackUpInput, { failure: z.optional(z.object({ Error: z.string(), Cause: z.string() })) });

/** A Lambda's cause is its error as JSON, with the words inside. */
const words = (cause: string): string => {
  try {
    return JSON.parse(cause).errorMessage ?? cause;
  } catch {
    return cause;
  }
};

/** Says how the backup ended; one that is whole is recorded with the release that ran, which a rollback finds it by. */
export const handler = step(Input, async ({ application, backupId, failure }) => {
  const endedAt = new Date().toISOString();
  if (failure) {
    await updateBackup(application, backupId, { state: 'failed', endedAt, problem: words(failure.Cause).slice(0, 2000) });
    return {};
  }
  const { version, startedAt, snapshot } = await updateBackup(application, backupId, { state: 'completed', endedAt });
  if (version !== null)
    await recordReleaseBackup(application, version, { id: backupId, at: startedAt, ...(snapshot !== undefined && { snapshot }) });
  return {};
});
