/** What a plan says of the database, one sentence each. */
import type { Draft } from '../plan.ts';

export function prepareDatabase({ database: target, manifest: { database } }: Draft): string[] {
  if (target === undefined || database === undefined) return [];
  const { source, restoreTime, restoredName, size } = target;
  const { check } = database;
  return [
    `restore ${source.identifier} to ${restoreTime} as a second instance ${restoredName} (${size}) with every setting of it, and wait until it is available`,
    ...(check === undefined ? [] : [`ask ${restoredName} through one host: ${answer(check)}`]),
  ];
}

export function switchDatabase({ database: target, manifest: { database } }: Draft): string[] {
  if (target === undefined || database === undefined) return [];
  const { source, restoredName, keptName } = target;
  if (database.cutover === 'environment')
    return [`keep ${source.identifier} as it is, and protect both instances against deletion`];
  return [
    `rename ${source.identifier} to ${keptName}, then ${restoredName} to ${source.identifier}, and protect both against deletion`,
    `wait until ${source.identifier} leads to the restored instance on every host`,
  ];
}

export function databaseChecks({ database: target, manifest: { database } }: Draft): string[] {
  if (target === undefined || database?.check === undefined) return [];
  const name = database.cutover === 'rename' ? target.source.identifier : target.restoredName;
  return [`${name}, asked through one host: ${answer(database.check)}`];
}

function answer({ sql, atLeast }: { sql: string; atLeast: number }): string {
  return `"${sql}" answers at least ${atLeast}`;
}
