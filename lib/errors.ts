/**
 * Every error this service throws on purpose. `name` is what a state machine's Catch and Retry match (also in a minified bundle),
 * `retryable` says whether the same call may succeed later, the message says what to do.
 */

/** Base of them all: `instanceof` tells a foreseen failure from a defect. */
export abstract class RollbackServiceError extends Error {
  abstract override readonly name: string;
  readonly retryable: boolean = false;
}

/** Base of those that a caller of the HTTP API is answered with: `status` and `title` of its problem+json. */
export abstract class RequestError extends RollbackServiceError {
  abstract readonly status: number;
  abstract readonly title: string;
}

// ---- running a rollback ----

/** A needed environment variable is missing: a defect of the deployment. */
export class ConfigurationMissing extends RollbackServiceError {
  override readonly name = 'ConfigurationMissing';
  constructor(variable: string) {
    super(`The environment variable ${variable} is not set. Set it for this function in serverless.yml and deploy again.`);
  }
}

/** The lease was renewed too late and somebody else holds the lock now, or it was released: no more changes may be made. */
export class LockLost extends RollbackServiceError {
  override readonly name = 'LockLost';
  constructor(application: string, owner: string) {
    super(`${owner} no longer holds the lock of ${application}. Look at the hosts, then start a new rollback.`);
  }
}

/** A person asked to cancel; thrown at the next point where stopping is safe. */
export class RollbackCancelled extends RollbackServiceError {
  override readonly name = 'RollbackCancelled';
}

/** A step was run for a rollback that has no plan on record: a defect, or an execution that somebody started by hand. */
export class PlanMissing extends RollbackServiceError {
  override readonly name = 'PlanMissing';
  constructor(rollbackId: string) {
    super(`${rollbackId} has no plan on record. Start rollbacks through the HTTP API, not by hand.`);
  }
}

/** Somebody deployed between the plan and its first change: the plan's way there and back is about something else. */
export class ChangedMeanwhile extends RollbackServiceError {
  override readonly name = 'ChangedMeanwhile';
  constructor(what: string) {
    super(
      `Somebody deployed after the plan was made: ${what}. Look at what runs now; if it is bad too, ask for the rollback again.`,
    );
  }
}

/** A command is awaited or completed that was never put on record: the intent comes first. */
export class CommandMissing extends RollbackServiceError {
  override readonly name = 'CommandMissing';
  constructor(rollbackId: string, action: string, wave: number) {
    super(`No command is on record for ${action} of wave ${wave} of ${rollbackId}. Record the intent before sending.`);
  }
}

/** Hosts are to be told the address of a restored database that has none on record: a defect, or a restore that is not finished. */
export class RestoredDatabaseUnknown extends RollbackServiceError {
  override readonly name = 'RestoredDatabaseUnknown';
  constructor(rollbackId: string) {
    super(`The restored database of ${rollbackId} has no address on record, so no host is told one. Start a new rollback.`);
  }
}

/** Nobody can say whether SendCommand was carried out (time-out, 5xx): look with `findCommand` before sending again. */
export class CommandSendUnclear extends RollbackServiceError {
  override readonly name = 'CommandSendUnclear';
  override readonly retryable = true;
  constructor(comment: string, cause: unknown) {
    super(`It is unclear whether the command "${comment}" was sent. Look it up by its comment before sending it again.`, {
      cause,
    });
  }
}

/** Systems Manager takes no command for some of the hosts (stopped, terminated, deregistered), and so sent it to none of them. */
export class HostsUnreachable extends RollbackServiceError {
  override readonly name = 'HostsUnreachable';
  readonly hosts: readonly string[];
  constructor(hosts: readonly string[], cause: unknown) {
    super(`${[...hosts].join(', ')} takes no command: bring it back, or take it out of the tags.`, { cause });
    this.hosts = hosts;
  }
}

/** AWS answered a call well, yet without what the answer has to hold: nobody knows whether it was carried out. */
export class AnswerIncomplete extends RollbackServiceError {
  override readonly name = 'AnswerIncomplete';
  override readonly retryable = true;
  constructor(call: string, missing: string) {
    super(`${call} was answered without ${missing}. Try again.`);
  }
}

/** Too many others write the same rollback's events at once. */
export class LogContended extends RollbackServiceError {
  override readonly name = 'LogContended';
  override readonly retryable = true;
  constructor(rollbackId: string) {
    super(`The event log of ${rollbackId} is written by too many at once. Try again.`);
  }
}

/** An application's manifest is changed by several people at once. */
export class ManifestContended extends RollbackServiceError {
  override readonly name = 'ManifestContended';
  override readonly retryable = true;
  constructor(application: string) {
    super(`The manifest of ${application} is being changed by others. Read it again, then try again.`);
  }
}

/** EventBridge took the call but not the event. */
export class AnnouncementFailed extends RollbackServiceError {
  override readonly name = 'AnnouncementFailed';
  override readonly retryable = true;
}

/** An execution has the rollback's name but another input: names are used once in 90 days. */
export class ExecutionNameTaken extends RollbackServiceError {
  override readonly name = 'ExecutionNameTaken';
  constructor(rollbackId: string, cause: unknown) {
    super(`Another execution has the name ${rollbackId}. Ask for the rollback again to get a new id.`, { cause });
  }
}

/** Wraps any error after which the same step may be tried again; the one name that the state machines retry. */
export class TransientFault extends RollbackServiceError {
  override readonly name = 'TransientFault';
  override readonly retryable = true;
  constructor(cause: Error) {
    super(`${cause.name}: ${cause.message}`, { cause });
  }
}

// ---- the frontend's bucket ----

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

// ---- answered to callers of the HTTP API ----

/** The request can't be taken as it is: too large, or without what the endpoint needs. */
export class MalformedRequest extends RequestError {
  override readonly name = 'MalformedRequest';
  override readonly title = 'The request cannot be taken';
  override readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The application can't be rolled back by this strategy at all; nothing was started. */
export class StrategyImpossible extends RequestError {
  override readonly name = 'StrategyImpossible';
  override readonly status = 422;
  override readonly title = 'Strategy not possible';
}

/** A backup was asked for that the manifest has no section for. */
export class BackupImpossible extends RequestError {
  override readonly name = 'BackupImpossible';
  override readonly status = 422;
  override readonly title = 'Backup not possible';
}

export class BackupUnknown extends RequestError {
  override readonly name = 'BackupUnknown';
  override readonly status = 404;
  override readonly title = 'Backup unknown';
  constructor(application: string, backupId: string) {
    super(`${application} has no backup ${backupId}. GET /applications/${application}/backups lists them.`);
  }
}

/** A backup could not be made whole; it is on record as failed, and may be asked for again. */
export class BackupFailed extends RollbackServiceError {
  override readonly name = 'BackupFailed';
}

/** An Idempotency-Key was used before for another request. */
export class IdempotencyConflict extends RequestError {
  override readonly name = 'IdempotencyConflict';
  override readonly status = 409;
  override readonly title = 'Idempotency-Key used for another request';
  constructor(rollbackId: string) {
    super(`This Idempotency-Key already started ${rollbackId} with other content. Use a new key for a new request.`);
  }
}

/** The plan is older than it may be: what it was decided on may have changed. */
export class PlanExpired extends RequestError {
  override readonly name = 'PlanExpired';
  override readonly status = 409;
  override readonly title = 'Plan expired';
  constructor(rollbackId: string, expiresAt: string) {
    super(`The plan of ${rollbackId} expired at ${expiresAt}. Ask for the rollback again.`);
  }
}

/** Only a rollback that is over and left the application on its target can be undone afterwards. */
export class NothingToUndo extends RequestError {
  override readonly name = 'NothingToUndo';
  override readonly status = 409;
  override readonly title = 'Nothing to undo';
}

/** The path names an application that has no manifest. */
export class ApplicationUnknown extends RequestError {
  override readonly name = 'ApplicationUnknown';
  override readonly status = 404;
  override readonly title = 'Application unknown';
  constructor(application: string) {
    super(`There is no application ${application}. Register it with PUT /applications/${application}.`);
  }
}

/** The path names a rollback that is not in the log. */
export class RollbackUnknown extends RequestError {
  override readonly name = 'RollbackUnknown';
  override readonly status = 404;
  override readonly title = 'Rollback unknown';
  constructor(rollbackId: string) {
    super(`There is no rollback ${rollbackId}. Find its id with GET /rollbacks.`);
  }
}

/** The path names a release that was not recorded. */
export class ReleaseUnknown extends RequestError {
  override readonly name = 'ReleaseUnknown';
  override readonly status = 404;
  override readonly title = 'Release unknown';
  constructor(application: string, version: string) {
    super(`${application} has no release ${version}. Record it with POST /applications/${application}/releases.`);
  }
}

/** The version was recorded before with another commit, time, status or migration. */
export class ReleaseConflict extends RequestError {
  override readonly name = 'ReleaseConflict';
  override readonly status = 409;
  override readonly title = 'Release recorded otherwise';
  constructor(application: string, version: string) {
    super(`Release ${version} of ${application} is already recorded with other content. Give this deployment a new version.`);
  }
}

/** The manifest in the body is another application's than the path's. */
export class ManifestMismatch extends RequestError {
  override readonly name = 'ManifestMismatch';
  override readonly status = 400;
  override readonly title = 'Manifest of another application';
  constructor(inPath: string, inBody: string) {
    super(`The path names ${inPath}, the manifest ${inBody}. Make them the same.`);
  }
}

/** Somebody else decided first, or the same person otherwise. */
export class AlreadyDecided extends RequestError {
  override readonly name = 'AlreadyDecided';
  override readonly status = 409;
  override readonly title = 'Already decided';
  constructor(rollbackId: string, decision: string, by: string) {
    super(`${by} already ${decision} ${rollbackId}. Cancel it or ask for a new rollback instead.`);
  }
}

/** The rollback needs no approval, asked for none yet, or its time to approve is over. */
export class NotAwaitingApproval extends RequestError {
  override readonly name = 'NotAwaitingApproval';
  override readonly status = 409;
  override readonly title = 'Not awaiting approval';
  constructor(rollbackId: string, cause?: unknown) {
    super(`${rollbackId} does not await an approval. Read its status with GET /rollbacks/${rollbackId}.`, { cause });
  }
}

/** Step Functions no longer waits for this task token: it timed out, was used, or its execution ended. */
export class TokenSpent extends RequestError {
  override readonly name = 'TokenSpent';
  override readonly status = 409;
  override readonly title = 'Approval no longer awaited';
  constructor(cause: unknown) {
    super('The rollback no longer waits for this decision. Read its status, then ask for a new rollback if it is needed.', {
      cause,
    });
  }
}

/** Four eyes: who asked for a rollback can't approve it. */
export class ApproverIsRequester extends RequestError {
  override readonly name = 'ApproverIsRequester';
  override readonly status = 403;
  override readonly title = 'Approver is requester';
  constructor(rollbackId: string, actor: string) {
    super(`${actor} asked for ${rollbackId} and can't approve it. Have somebody else approve it.`);
  }
}

/** Whoever approves a restore says that the loss is known. */
export class DataLossNotAcknowledged extends RequestError {
  override readonly name = 'DataLossNotAcknowledged';
  override readonly status = 409;
  override readonly title = 'Data loss not acknowledged';
  constructor(rollbackId: string, minutes: number) {
    super(
      `${rollbackId} loses the last ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} of writes by now, and more until services are stopped. If that is wanted, approve with "acknowledgeDataLoss": true.`,
    );
  }
}

/** Cancelling or undoing is no longer, or not yet, possible. */
export class RollbackOver extends RequestError {
  override readonly name = 'RollbackOver';
  override readonly status = 409;
  override readonly title = 'Rollback is over';
  constructor(rollbackId: string, status: string) {
    super(`${rollbackId} is over: ${status}. Ask for a new rollback instead.`);
  }
}

/** The cursor is damaged or belongs to another query. */
export class CursorInvalid extends RequestError {
  override readonly name = 'CursorInvalid';
  override readonly status = 400;
  override readonly title = 'Cursor invalid';
  constructor() {
    super('The cursor does not belong to this query. Repeat the query without a cursor, or with the filters it came from.');
  }
}
