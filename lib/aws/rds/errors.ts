import { RollbackServiceError } from '../../errors.ts';

/** RDS was asked for a change and said no for good: a limit, a missing permission, a group that is gone. Nothing was changed by it. */
export class DatabaseChangeRefused extends RollbackServiceError {
  override readonly name = 'DatabaseChangeRefused';
  constructor(what: string, cause: Error) {
    const advice = 'Nothing was changed by that. See to the reason, then ask for a new rollback.';
    super(`RDS refused to ${what}: ${cause.name}: ${cause.message} ${advice}`, { cause });
  }
}

/** The same change was asked for again and again, and never came true. */
export class DatabaseChangeStuck extends RollbackServiceError {
  override readonly name = 'DatabaseChangeStuck';
  constructor(what: string, since: string) {
    super(`RDS was asked since ${since} to ${what}, and it never came true. Look at the instance's events in the console.`);
  }
}
