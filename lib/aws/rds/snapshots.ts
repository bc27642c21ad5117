import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { isError } from '../client.ts';
import { client } from './client.ts';

/** Asks for a snapshot of an instance, tagged; one of that name that was asked for before stays the only one. */
export async function snapshotDatabase(
  instance: string,
  snapshot: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const request = {
    DBInstanceIdentifier: instance,
    DBSnapshotIdentifier: snapshot,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
  try {
    await client.send(new CreateDBSnapshotCommand(request));
  } catch (error) {
    if (!isError(error, 'DBSnapshotAlreadyExistsFault')) throw error;
  }
}

/** Such as `creating`, `available`, `failed`. */
export async function snapshotStatus(snapshot: string): Promise<string> {
  const { DBSnapshots: [found] = [] } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot }));
  return found?.Status ?? 'missing';
}
