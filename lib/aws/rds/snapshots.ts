import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { isError } from '../client.ts';
import { client } from './client.ts';

/**
 * Asks for a snapshot of an instance, tagged; one of that name that was asked for before stays the only one. false: the instance is
 * busy, with a backup of its own for one, and takes no snapshot now. Throws AWS's other errors.
 */
export async function snapshotDatabase(
  instance: string,
  snapshot: string,
  tags: Readonly<Record<string, string>>,
): Promise<boolean> {
  const request = {
    DBInstanceIdentifier: instance,
    DBSnapshotIdentifier: snapshot,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
  try {
    await client.send(new CreateDBSnapshotCommand(request));
    return true;
  } catch (error) {
    if (isError(error, 'InvalidDBInstanceStateFault')) return false;
    if (isError(error, 'DBSnapshotAlreadyExistsFault')) return true;
    throw error;
  }
}

/** Such as `creating`, `available`, `failed`; null: there is none of that name. Throws AWS's other errors. */
export async function snapshotStatus(snapshot: string): Promise<string | null> {
  try {
    const { DBSnapshots: [found] = [] } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot }));
    return found?.Status ?? null;
  } catch (error) {
    if (isError(error, 'DBSnapshotNotFoundFault')) return null;
    throw error;
  }
}
