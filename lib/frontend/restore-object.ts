import type { Created } from '../aws/s3/changes.ts';
import { Retries } from '../aws/s3/client.ts';
import { answerOf, faultOf } from '../aws/s3/faults.ts';
import type { PlannedObject, RestoredObject } from '../contracts.ts';
import { describeFailure } from '../domain/frontend/failure.ts';
import { ONCE, type Patience } from '../domain/frontend/patience.ts';
import { ObjectUnreadable, StorageUnavailable } from '../errors.ts';
import { type CopyLimits, changeObject } from './change-object.ts';
import { type Standing, standingOf } from './standing.ts';

export type RestoreSettings = CopyLimits & { readonly patience: Patience };

/** What became of an object; `cause`: the name of the error that it failed with. */
export type Restored = RestoredObject & { readonly cause?: string };

/**
 * Restores one planned object, and never throws. What was refused for its rate is tried again; when nobody knows whether a change was
 * carried out, or S3 says that the object is not what it was, it is looked at first. `repeated`: an earlier attempt may have done it.
 */
export async function restoreObject(
  bucket: string,
  object: PlannedObject,
  settings: RestoreSettings,
  repeated: boolean,
): Promise<Restored> {
  const retries = new Retries(settings.patience);
  const past = { look: repeated, tried: repeated, unmet: 0 };
  for (;;) {
    try {
      const standing = past.look ? await standingOf(bucket, object, ONCE) : null;
      if (standing !== null && standing.state !== 'before') return settled(object, standing, past.tried);
      return done(object, await changeObject(bucket, object, settings));
    } catch (error) {
      if (isFinal(error, past) || !(await retries.wait())) return failed(object, error);
    }
  }
}

type Past = { look: boolean; tried: boolean; unmet: number };

/** Takes an error into account. */
function isFinal(error: unknown, past: Past): boolean {
  const fault = faultOf(error);
  if (fault === 'refused') return true;
  if (fault === 'condition') past.unmet += 1;
  else past.tried = true;
  past.look ||= fault !== 'throttled';
  // Looked at, the object was what it has to be: it is the source that is not.
  return past.unmet > 1;
}

function done({ key }: PlannedObject, created: Created): Restored {
  return { key, outcome: 'done', created };
}

/** What stands there without an attempt that may have made it is somebody else's, and stays when all is undone. */
function settled({ key }: PlannedObject, standing: Exclude<Standing, { state: 'before' }>, tried: boolean): Restored {
  if (standing.state === 'target') return tried ? { key, outcome: 'done', created: standing.created } : { key, outcome: 'done' };
  const message = `${key} was changed by somebody else after the plan was made, and is left as it is.`;
  return { key, outcome: 'conflict', message };
}

function failed({ key, after }: PlannedObject, error: unknown): Restored {
  const isWrapped = error instanceof StorageUnavailable || error instanceof ObjectUnreadable;
  const answer = answerOf(isWrapped ? error.cause : error);
  return {
    key,
    outcome: 'failed',
    message: describeFailure(key, after === null ? 'removed' : 'copied', answer),
    cause: answer.name,
  };
}
