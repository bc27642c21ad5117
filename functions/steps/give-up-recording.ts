import * as z from 'zod/mini';
import { RecordFrontendInput } from '../../lib/contracts.ts';
import { step } from '../../lib/middleware.ts';
import { recordReleaseFrontend } from '../../lib/registry/release-frontends.ts';

const Input = z.extend(RecordFrontendInput, { failure: z.object({ Error: z.string(), Cause: z.string() }) });

/** A Lambda's cause is its error as JSON, with the words inside. */
const words = (cause: string): string => {
  try {
    return JSON.parse(cause).errorMessage ?? cause;
  } catch {
    return cause;
  }
};

/** Says at the release why it has no manifest: it can still be brought back by time. */
export const handler = step(Input, async ({ application, version, failure }) => {
  await recordReleaseFrontend(application, version, { state: 'failed', problem: words(failure.Cause).slice(0, 500) });
  return {};
});
