import type { DatabaseFacts } from './guards.ts';
import { type DatabaseState, sizeOf } from './state.ts';
import { keptTags } from './tags.ts';

const UNKNOWN_PRICE =
  ' The price is not known: AWS lists it for the instance class and the region (https://aws.amazon.com/rds/postgresql/pricing/), and database.hourlyPrice of the manifest puts it here.';

/** What somebody should know before a database is restored and cut over, one sentence each. */
export function databaseWarnings(
  {
    cutover,
    restoreTime,
    hourlyPrice,
  }: Pick<DatabaseFacts, 'cutover' | 'restoreTime'> & {
    readonly hourlyPrice?: number | undefined;
  },
  state: DatabaseState,
): string[] {
  return [
    `From the restore on two instances are paid for, each ${sizeOf(state, hourlyPrice)}: instance hours, storage and backups, until a person removes one, which the service never does.${hourlyPrice === undefined ? UNKNOWN_PRICE : ''} Both are protected against deletion after the cut-over.`,
    'A restored instance reads its data from the backup as it is first asked for: it is slower in the beginning. Its own automated backups begin with the restore; earlier times can be restored from the old instance only.',
    `Users and their passwords, the master user's included, are those of ${restoreTime}: where one was changed since, set it again on the restored instance, or hosts are turned away.`,
    ...(cutover === 'rename' ? renameWarnings(state) : environmentWarnings(state)),
    ...leftBehind(state),
  ];
}

function renameWarnings({ identifier, settings }: DatabaseState): string[] {
  const { iamAuthentication } = settings;
  return [
    `Both instances restart as they are renamed, and DNS may lead ${identifier} to the old one for up to 10 minutes: hosts wait for it before their services start. Others that connect to it have to connect anew.`,
    ...(iamAuthentication ? [loginsByIam(identifier)] : []),
  ];
}

function environmentWarnings({ identifier, settings }: DatabaseState): string[] {
  return [
    `The restored instance keeps a name of its own: DATABASE_URL is changed on the hosts, and whoever else connects to ${identifier} goes on with the old data. Afterwards database.instance in the manifest has to name it.`,
    ...(settings.iamAuthentication ? [loginsByIam(identifier)] : []),
  ];
}

function loginsByIam(identifier: string): string {
  return `${identifier} lets users in by IAM, whose policies (rds-db:connect) name an instance by its resource id: the restored one has another, which they have to allow too.`;
}

function leftBehind({ identifier, roles, tags }: DatabaseState): string[] {
  const features = roles.map(
    ({ feature, arn }) =>
      `aws rds add-role-to-db-instance --db-instance-identifier ${identifier} --feature-name ${feature} --role-arn ${arn}`,
  );
  const isUnmarked = Object.keys(keptTags(tags, '')).length === 0;
  return [
    ...(isUnmarked
      ? [
          `${identifier} has as many tags as RDS takes, so the old instance is not marked by a tag, and the restored one gets some of its tags only.`,
        ]
      : []),
    ...(features.length === 0
      ? []
      : [`What IAM roles let the database do is not carried over. After the cut-over: ${features.join('; ')}`]),
  ];
}
