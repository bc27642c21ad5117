import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, AwsError, REGION } from '../service.ts';
import type { BaseBackup } from './base-backup.ts';
import type { Cluster } from './cluster.ts';
import type { Address } from './endpoints.ts';
import { type FinalFailure, isFinalFailure } from './failures.ts';
import type { Tags } from './requests.ts';
import type { Settings } from './settings.ts';

/** Members of an instance that wait to be applied. */
export type Pending = Partial<Settings> & { readonly DBInstanceIdentifier?: string; readonly MasterUserPassword?: string };

type Status = 'creating' | 'backing-up' | 'available' | 'modifying' | 'renaming' | FinalFailure;

/** What stays of an instance as long as it is there. */
interface Origin {
  /** `db-…`: survives renames. */
  readonly resourceId: string;
  readonly cluster: Cluster;
  /** Name of the first database. */
  readonly database: string;
  readonly masterUsername: string;
  /** Further members of its description. */
  readonly members: Readonly<Record<string, unknown>>;
}

export interface Instance extends Origin {
  identifier: string;
  status: Status;
  settings: Settings;
  pending: Pending;
  tags: Tags;
  /** A parameter group that was exchanged counts after a reboot. */
  hasNewParameters: boolean;
  /** Neither before it is created. */
  createdAt?: Date;
  address?: Address;
  /** The automated backups, oldest first. */
  backups: readonly BaseBackup[];
  /** The end of the work that was begun on it so far. */
  work: Promise<unknown>;
}

type NewInstance = Omit<Origin, 'members'> &
  Pick<Instance, 'identifier' | 'settings' | 'tags'> &
  Partial<Pick<Origin, 'members'>>;

/** The account's instances by their identifiers. */
export class Instances {
  readonly #all: Instance[] = [];

  add(instance: NewInstance): Instance {
    const added: Instance = {
      members: {},
      ...instance,
      status: 'creating',
      pending: {},
      hasNewParameters: false,
      backups: [],
      work: Promise.resolve(),
    };
    this.#all.push(added);
    return added;
  }

  list(): readonly Instance[] {
    return this.#all;
  }

  find(identifier: string): Instance | undefined {
    return this.#all.find((instance) => instance.identifier === identifier.toLowerCase());
  }

  /** Throws `DBInstanceNotFound`. */
  get(identifier: string): Instance {
    const found = this.find(identifier);
    if (!found) throw notFound(identifier);
    return found;
  }

  /**
   * Throws `DBInstanceAlreadyExists` when an instance has the identifier, or is about to. One that failed for good still says which
   * name it was to get, but no rename is under way any more: that name is free.
   */
  requireFree(identifier: string): void {
    const isTaken = this.#all.some(
      ({ identifier: name, pending, status }) =>
        name === identifier || (pending.DBInstanceIdentifier === identifier && !isFinalFailure(status)),
    );
    if (isTaken) throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
  }
}

export function notFound(identifier: string): AwsError {
  return new AwsError('DBInstanceNotFound', `DBInstance ${identifier} not found.`, 404);
}

/** Throws `InvalidDBInstanceState` unless the instance is available. */
export function requireAvailable({ identifier, status }: Instance): void {
  if (status === 'available') return;
  throw new AwsError('InvalidDBInstanceState', `Instance ${identifier} is not in available state: it is ${status}.`);
}

/** Does work on an instance once all that was begun before is over. */
export function inTurn<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
  const done = instance.work.then(work);
  instance.work = done.catch(() => {});
  return done;
}

export function newResourceId(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return `db-${Array.from(randomBytes(26), (byte) => letters[byte % letters.length]).join('')}`;
}

/** `kind` as ARNs have it: `db`, `snapshot`, `pg`, … */
export function rdsArn(kind: string, name: string): string {
  return `arn:aws:rds:${REGION}:${ACCOUNT_ID}:${kind}:${name}`;
}
