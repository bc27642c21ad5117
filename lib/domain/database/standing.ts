/** Where a database stands, in words, and what a person does about what is left over. */
import type { DatabaseTarget, DatabaseWork } from '../../contracts.ts';
import { list } from '../naming.ts';
import { addressText } from './address.ts';
import type { Cutover } from './move.ts';
import { hasFailed } from './state.ts';

/** Whether a cut-over was begun and not taken back. */
export function isDatabaseAstray({ cutOverBegunAt, undoneAt }: DatabaseWork): boolean {
  return cutOverBegunAt !== undefined && undoneAt === undefined;
}

/** How the instances are called at the end of a rollback, and what they hold; absent: none was ever made. */
export function databaseStands(target: DatabaseTarget, cutover: Cutover, work: DatabaseWork): string | undefined {
  const { source, restoreTime, restoredName, keptName } = target;
  const name = source.identifier;
  if (work.restoreBegunAt === undefined) return undefined;
  if (work.undoneAt !== undefined)
    return `The database ${name} is the one that it was before; the restored one, with what was written to it meanwhile, is ${restoredName}.`;
  if (work.cutOverBegunAt === undefined) {
    const called = nameOfOld(target, work);
    return `The database ${name} is untouched${called === name ? '' : `, but is called ${called} now`}. ${besides(target, work)}`;
  }
  if (work.undoBegunAt !== undefined || work.cutOverAt === undefined) {
    const how = work.undoBegunAt === undefined ? 'was not cut over to its end' : 'was not brought back to its end';
    return `The database ${name} ${how}. ${seen(target, work)}`;
  }
  if (cutover === 'environment')
    return `The database is restored to ${restoreTime} and is called ${restoredName}; the old one is ${name} as before.`;
  return `The database ${name} is restored to ${restoreTime}; the old one is kept as ${keptName}.`;
}

/** What is said of hosts that were not seen to find the old instance again after it got its name back; absent: all were. */
export function stillMisled(
  { source, restoredName }: DatabaseTarget,
  { undoneAt }: DatabaseWork,
  hosts: readonly string[],
): string | undefined {
  if (undoneAt === undefined || hosts.length === 0) return undefined;
  const { host } = source.address;
  return `Nobody saw that ${source.identifier} leads to the old instance again on ${list(hosts)}: what is written there may end up in ${restoredName}, so do not remove that. Ask there where ${host} leads (getent hosts ${host}), and restart the services once it is right.`;
}

/** What has to be done by a person: renames that were not finished, and what is paid for until it is removed. */
export function leftovers(target: DatabaseTarget, cutover: Cutover, work: DatabaseWork): string[] {
  const { source, restoredName, keptName, size } = target;
  if (work.restoreBegunAt === undefined) return [];
  if (work.cutOverBegunAt === undefined || work.undoneAt !== undefined)
    return [
      ...renamedByOthers(target, work),
      `${restoredName} (${size}) is paid for until it is removed, if it is there: instance hours, storage and backups. ${whereBroken(target, work)}${removal(restoredName)}`,
    ];
  if (work.undoBegunAt !== undefined || work.cutOverAt === undefined) return [unfinished(target, cutover, work)];
  const old = cutover === 'rename' ? keptName : source.identifier;
  const manifest = `Name the new instance in the manifest with PUT /applications: database.instance has to be ${restoredName}.`;
  return [
    ...(cutover === 'environment' ? [manifest] : []),
    `To go back to the old instance, which loses what was written since: ${wayBack(target, cutover)}`,
    `The old instance ${old} (${size}) is paid for beside the new one until it is removed: instance hours, storage and backups. When nobody needs its data any more: ${removal(old)}`,
  ];
}

/** Before a cut-over it is never the service that gave the old instance another name. */
function renamedByOthers(target: DatabaseTarget, work: DatabaseWork): string[] {
  const { identifier: name } = target.source;
  const called = nameOfOld(target, work);
  if (work.cutOverBegunAt !== undefined || called === name) return [];
  return [
    `Hosts look for ${name}, and somebody else renamed that to ${called}. To give it its name back: ${renames([called, name])}`,
  ];
}

function nameOfOld({ source }: DatabaseTarget, { seen }: DatabaseWork): string {
  return seen?.find(({ resourceId }) => resourceId === source.resourceId)?.identifier ?? source.identifier;
}

/** Protection is turned off by itself: what is not protected takes that too. */
function removal(identifier: string): string {
  const instance = `--db-instance-identifier ${identifier}`;
  return [
    `aws rds modify-db-instance ${instance} --no-deletion-protection`,
    `aws rds wait db-instance-available ${instance}`,
    `aws rds delete-db-instance ${instance} --final-db-snapshot-identifier ${identifier}-final`,
  ].join(' && ');
}

/** RDS takes no change of an instance that failed for good, and no final snapshot of some. */
function whereBroken({ restoredName }: DatabaseTarget, { seen = [] }: DatabaseWork): string {
  const broken = seen.find((instance) => instance.identifier === restoredName && hasFailed(instance));
  if (broken === undefined) return '';
  const events = `aws rds describe-events --source-type db-instance --source-identifier ${restoredName}`;
  return `It was seen ${broken.status}: RDS may refuse what follows until that is mended (${events}), or a final snapshot (then --skip-final-snapshot). `;
}

/** By hand, after a rollback that succeeded. */
function wayBack({ source, restoredName, keptName }: DatabaseTarget, cutover: Cutover): string {
  if (cutover === 'environment')
    return `give DATABASE_URL the address ${addressText(source.address)} on every host, restart the services, and name ${source.identifier} in the manifest again.`;
  return `stop the services on every host, ${renames([source.identifier, restoredName], [keptName, source.identifier])}, and start them when the name leads to it.`;
}

/** Commands, one after the other. */
function renames(...pairs: readonly (readonly [string, string])[]): string {
  const commands = pairs.map(
    ([from, to]) =>
      `aws rds modify-db-instance --db-instance-identifier ${from} --new-db-instance-identifier ${to} --apply-immediately`,
  );
  return commands.join(', and when that is done ');
}

function besides({ restoredName, restoreTime }: DatabaseTarget, { restored, preparedAt }: DatabaseWork): string {
  if (preparedAt !== undefined) return `Beside it there is ${restoredName}, restored to ${restoreTime} and never used.`;
  return `Beside it ${restored === undefined ? 'there may be' : 'there is'} ${restoredName}, whose restore to ${restoreTime} was not finished.`;
}

/** A person may read this seconds after the step was stopped that asked for a rename: the names seen then are not those of now. */
function seen({ source }: DatabaseTarget, work: DatabaseWork): string {
  const instances = (work.seen ?? []).map(({ identifier, resourceId, status }) => {
    const which = resourceId === source.resourceId ? 'the old instance' : 'the restored one';
    return `${which} (${resourceId}) as ${identifier}, ${status}`;
  });
  const last = instances.length === 0 ? 'No instance was seen since.' : `Last seen: ${instances.join('; ')}.`;
  const open = openRename(work);
  if (open === undefined) return last;
  return `${last} Renaming ${open.from} to ${open.to} was asked for and not seen to be done: it may still happen, so look at the names first.`;
}

function unfinished({ source, keptName, restoredName }: DatabaseTarget, cutover: Cutover, work: DatabaseWork): string {
  const name = source.identifier;
  if (cutover === 'environment')
    return `Look on each host which instance DATABASE_URL names: ${name} is the old one, ${restoredName} the restored one.`;
  const look = 'aws rds describe-db-instances';
  const open = openRename(work);
  const back = (seen: Seen) => backFrom({ source, keptName, restoredName }, seen);
  if (open === undefined)
    return `See which instance has the name ${name} (${look}). To go back to the old one: ${back(work.seen ?? [])}. Remove neither before that.`;
  const { resourceId, from, to } = open;
  const others = (work.seen ?? []).filter((instance) => instance.resourceId !== resourceId);
  const ways = [from, to].map(
    (identifier, index) =>
      `(${index + 1}) if ${resourceId} is called ${identifier}: ${back([{ identifier, resourceId }, ...others])}`,
  );
  return `Look at the names first, until no instance is about to be renamed (${look}): renaming ${from} to ${to} was asked for and may still happen. To go back to the old one, ${ways.join('; ')}. Remove neither before that.`;
}

type Seen = readonly { readonly identifier: string; readonly resourceId: string }[];

/** What gives the old instance its name back, by what the instances are called. */
function backFrom(
  { source, keptName, restoredName }: Pick<DatabaseTarget, 'source' | 'keptName' | 'restoredName'>,
  seen: Seen,
): string {
  const { identifier: name, resourceId: old } = source;
  const was = seen.find(({ resourceId }) => resourceId === old)?.identifier ?? keptName;
  const isRestored = seen.some(({ identifier, resourceId }) => identifier === name && resourceId !== old);
  const first: [string, string][] = isRestored ? [[name, restoredName]] : [];
  const second: [string, string][] = was === name ? [] : [[was, name]];
  return renames(...first, ...second) || 'it has its name';
}

/** The rename that was asked for last, unless it was seen to be done, or to have failed for good. */
function openRename({ renaming, seen = [] }: DatabaseWork): DatabaseWork['renaming'] {
  const instance = seen.find(({ resourceId }) => resourceId === renaming?.resourceId);
  return instance !== undefined && (instance.identifier === renaming?.to || hasFailed(instance)) ? undefined : renaming;
}
