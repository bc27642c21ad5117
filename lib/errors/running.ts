/** What can go wrong while a rollback or a backup runs. */
import { RollbackServiceError } from './base.ts';

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

/** A backup could not be made whole; it is on record as failed, and may be asked for again. */
export class BackupFailed extends RollbackServiceError {
  override readonly name = 'BackupFailed';
}
