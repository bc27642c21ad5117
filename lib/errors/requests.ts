/** What callers of the HTTP API are answered with. */
import { RequestError } from './base.ts';

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
