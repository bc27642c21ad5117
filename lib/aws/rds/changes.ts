/** Changes of instances. Each may be asked for again: RDS refuses what is under way or was done before. */
import {
  AddTagsToResourceCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { type DatabaseChanges, restoreSettings } from '../../domain/database/settings.ts';
import type { DatabaseState } from '../../domain/database/state.ts';
import { isError, isThrottling, wasRefused } from '../client.ts';
import { client } from './client.ts';
import { DatabaseChangeRefused } from './errors.ts';
import { modifyMembers, restoreMembers } from './requests.ts';

/** The instance is not as it was when it was looked at: RDS may have carried out the same request before, or others changed it. */
const CHANGED_MEANWHILE = ['DBInstanceAlreadyExistsFault', 'DBInstanceNotFoundFault', 'InvalidDBInstanceStateFault'];

/** Why RDS refused, since the instance is not as it was when it was looked at: look again. null: RDS took it. */
export type Refusal = string | null;

export type RestoreRequest = {
  readonly source: DatabaseState;
  readonly to: string;
  /** ISO time of a whole second. */
  readonly time: string;
  readonly tags: Readonly<Record<string, string>>;
};

/**
 * Restores an instance to a time, as a new one with the settings of the source that a restore takes.
 * Throws `DatabaseChangeRefused`; after AWS's other errors nobody knows whether it was taken.
 */
export function restoreDatabase({ source, to, time, tags }: RestoreRequest): Promise<Refusal> {
  const request = new RestoreDBInstanceToPointInTimeCommand({
    SourceDBInstanceIdentifier: source.identifier,
    TargetDBInstanceIdentifier: to,
    RestoreTime: new Date(time),
    Tags: tagList(tags),
    ...(source.address && { Port: source.address.port }),
    ...restoreMembers(restoreSettings(source)),
  });
  return refusalOf(`restore ${source.identifier} to ${time} as ${to}`, client.send(request));
}

/** Changes settings at once, not in the maintenance window. Throws as `restoreDatabase`. */
export function modifyDatabase(instance: DatabaseState, changes: DatabaseChanges): Promise<Refusal> {
  const { identifier } = instance;
  return modify(`change ${Object.keys(changes).join(', ')} of ${identifier}`, identifier, modifyMembers(instance, changes));
}

/**
 * Gives an instance another name, for which it restarts, and protects it against deletion: from here on it is the production
 * database or the way back to it. Throws as `restoreDatabase`.
 */
export function renameDatabase({ identifier }: DatabaseState, to: string): Promise<Refusal> {
  return modify(`rename ${identifier} to ${to}`, identifier, { NewDBInstanceIdentifier: to, DeletionProtection: true });
}

/** Adds tags, or replaces their values; the instance may be in any state. Throws as `restoreDatabase`. */
export function tagDatabase({ identifier, arn }: DatabaseState, tags: Readonly<Record<string, string>>): Promise<Refusal> {
  return refusalOf(`tag ${identifier}`, client.send(new AddTagsToResourceCommand({ ResourceName: arn, Tags: tagList(tags) })));
}

function modify(what: string, identifier: string, members: Partial<ModifyDBInstanceCommandInput>): Promise<Refusal> {
  const request = new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, ApplyImmediately: true, ...members });
  return refusalOf(what, client.send(request));
}

async function refusalOf(what: string, sent: Promise<unknown>): Promise<Refusal> {
  try {
    await sent;
    return null;
  } catch (error) {
    if (isError(error, ...CHANGED_MEANWHILE)) return `${error.name}: ${error.message}`;
    if (error instanceof Error && wasRefused(error) && !isThrottling(error)) throw new DatabaseChangeRefused(what, error);
    throw error;
  }
}

function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
