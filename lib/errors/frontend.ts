/** What can go wrong with a site's bucket and its cache. */
import { RollbackServiceError } from './base.ts';

/** S3 was asked for a minute and never gave an answer that decides anything. */
export class StorageUnavailable extends RollbackServiceError {
  override readonly name = 'StorageUnavailable';
  override readonly retryable = true;
  constructor(cause: unknown) {
    const last = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`S3 did not answer for a minute (last: ${last}). Try again; if it stays so, look at the AWS health dashboard.`, {
      cause,
    });
  }
}

/** A site's bucket can't be listed at all: it is not there, elsewhere, or closed to the service. */
export class BucketUnusable extends RollbackServiceError {
  override readonly name = 'BucketUnusable';
  constructor(bucket: string, said: string, cause: unknown) {
    const advice = `Check the bucket's name in the manifest, and that the service may list it (README, "What buckets need").`;
    super(`Bucket ${bucket} cannot be listed: ${said}. ${advice}`, { cause });
  }
}

/** An object of a site can't be asked for what it is. */
export class ObjectUnreadable extends RollbackServiceError {
  override readonly name = 'ObjectUnreadable';
  constructor(address: string, said: string, cause: unknown) {
    super(`${address} cannot be read: ${said}. Let the service read the bucket's objects and use their KMS key.`, { cause });
  }
}

/** A release's manifest is not there, damaged, or of another place than the application's frontend is at now. */
export class ManifestUnreadable extends RollbackServiceError {
  override readonly name = 'ManifestUnreadable';
  constructor(what: string, cause?: unknown) {
    super(`The release's manifest cannot be used: ${what}. Choose another source (frontend.source), or a time.`, { cause });
  }
}

/** A plan of objects lacks a file that was written before anything was changed: somebody cleaned up the service's bucket. */
export class PlanFileMissing extends RollbackServiceError {
  override readonly name = 'PlanFileMissing';
  constructor(file: string) {
    super(`${file} is not in the service's bucket any more. Ask for a new rollback.`);
  }
}

/** A version that is to be brought back was deleted for good after the plan was made. */
export class VersionGone extends RollbackServiceError {
  override readonly name = 'VersionGone';
  constructor(address: string) {
    super(`${address} is not there any more`);
  }
}

/** The change is being undone: a step of it that comes late changes nothing more. */
export class ChunkClosed extends RollbackServiceError {
  override readonly name = 'ChunkClosed';
  constructor(chunk: string) {
    super(`${chunk} may not be restored any more: the change is being undone.`);
  }
}

/** CloudFront works on as many invalidations as it takes at once. */
export class TooManyInvalidations extends RollbackServiceError {
  override readonly name = 'TooManyInvalidations';
  override readonly retryable = true;
  constructor(distribution: string, cause: unknown) {
    super(`Distribution ${distribution} has too many invalidations in progress. Try again when some have ended.`, { cause });
  }
}
