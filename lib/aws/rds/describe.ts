import { type DBInstance, paginateDescribeDBInstanceAutomatedBackups, paginateDescribeDBInstances } from '@aws-sdk/client-rds';
import type { RestoreWindow } from '../../domain/database/guards.ts';
import type { DatabaseState } from '../../domain/database/state.ts';
import { isError } from '../client.ts';
import { client } from './client.ts';
import { databaseState } from './state.ts';

/** By what instances are found: what somebody's instance has for a name now, and which ones these are whatever they are called. */
export type Wanted = { readonly identifiers?: readonly string[]; readonly resourceIds?: readonly string[] };

/**
 * The instances that have one of the identifiers or resource ids, each once. One that is just being renamed may be missing for a
 * moment. Throws AWS's own errors.
 */
export async function findInstances({ identifiers = [], resourceIds = [] }: Wanted): Promise<DatabaseState[]> {
  const found = await Promise.all([filtered('db-instance-id', identifiers), filtered('dbi-resource-id', resourceIds)]);
  return [...new Map(found.flat().map((state) => [state.resourceId, state])).values()];
}

async function filtered(filter: string, values: readonly string[]): Promise<DatabaseState[]> {
  if (values.length === 0) return [];
  const found: DBInstance[] = [];
  const pages = paginateDescribeDBInstances({ client }, { Filters: [{ Name: filter, Values: [...values] }] });
  for await (const { DBInstances = [] } of pages) found.push(...DBInstances);
  return found.map(databaseState);
}

/** The moments that an instance can be restored to; null: it has no automated backup (yet). Throws AWS's own errors. */
export async function restoreWindow(resourceId: string): Promise<RestoreWindow | null> {
  try {
    const pages = paginateDescribeDBInstanceAutomatedBackups({ client }, { DbiResourceId: resourceId });
    for await (const { DBInstanceAutomatedBackups = [] } of pages) {
      for (const { Status, RestoreWindow: window } of DBInstanceAutomatedBackups) {
        if (Status === 'active' && window?.EarliestTime && window.LatestTime)
          return { earliest: window.EarliestTime.toISOString(), latest: window.LatestTime.toISOString() };
      }
    }
  } catch (error) {
    if (!isError(error, 'DBInstanceAutomatedBackupNotFoundFault')) throw error;
  }
  return null;
}
