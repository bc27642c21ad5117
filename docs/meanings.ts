/** What the fields of the contracts mean, by path. A field without a meaning, or a meaning without a field, fails the generation. */
import type * as z from 'zod/mini';
import { type Field, fieldsOf } from './contract-fields.ts';

export type Meanings = Readonly<Record<string, string>>;

export const MANIFEST: Meanings = {
  application: 'Name of the application. The same as in the path of the request.',
  contacts: 'Whom to call. Shown to people, used by nothing.',
  'contacts[].role': 'What they are, such as `DevOps lead`.',
  'contacts[].reach': 'How to reach them.',
  hosts: 'Which hosts run the application, and how many are changed at a time.',
  'hosts.tags':
    'A host belongs to the application when it carries all of these tags. It also needs `RollbackService: enabled`, which the service may not act without.',
  'hosts.canary': 'How many hosts are changed first, alone. The rest waits until they are well. 0: no canary.',
  'hosts.concurrency':
    'How many hosts are changed at a time after the canary, and brought back at a time by an undo: a number, or a share of all hosts, rounded down, at least 1.',
  'hosts.offlineTolerance':
    'How many hosts may be out of reach. One more, and the rollback is refused. Hosts out of reach are left out and named. None may be where a database is rolled back.',
  'hosts.commandTimeout':
    'How long one command may take on the hosts of a wave, at most 30m. After that it is cancelled. Only looking and backing up have their own minute.',
  services: 'The systemd units on each host.',
  'services.application': 'Units of the application. They are restarted.',
  'services.proxy': 'Units before it, such as nginx. They are reloaded; one that cannot reload is restarted.',
  code: 'The git checkout on each host. Without it there is no `code` strategy.',
  'code.directory': 'Root of the git repository on the host.',
  'code.user': 'Owner of the checkout. git and the installation run as this user, never as root.',
  'code.install': 'How the dependencies of a commit are installed. Without it nothing is installed.',
  'code.install.python': 'A virtual environment, one a commit, built beside the running one and switched by a link.',
  'code.install.python.requirements': 'The requirements file, inside the repository.',
  'code.install.python.venv': 'Where the code looks for its environment, inside the repository.',
  'code.install.npm': '`npm ci`, one `node_modules` a commit, built beside the running one and switched by a link.',
  'code.install.npm.directory': 'Folder of `package.json` and its lock file, inside the repository.',
  'code.install.script':
    'A script inside the repository. It runs after the checkout, in the root of the repository, as `code.user`.',
  configuration:
    'The configuration file on each host. It is backed up, with a date, before anything is changed. Without it there is no `configuration` strategy.',
  'configuration.file': 'Where it lies.',
  'configuration.owner': 'Owner and group it is given.',
  'configuration.mode': 'Permissions it is given.',
  frontend: 'The static files in a bucket. Without it there is no `frontend` strategy.',
  'frontend.bucket': 'S3 bucket. It has to be versioned, and its name has to fit the deployment parameter `frontendBuckets`.',
  'frontend.prefix': 'What the keys of the application begin with. Empty: the whole bucket.',
  'frontend.entryPoints': 'Files that name the others, such as `index.html`. They are switched last.',
  'frontend.distribution': 'Id of the CloudFront distribution before the bucket. Its cache is invalidated after a change.',
  'frontend.url':
    'Where people reach the site. What is served there is compared with the bucket after a change. Left out: nothing is compared.',
  'frontend.archive':
    'Where finished builds are kept, such as `s3://builds/site/{version}/`. A release without a manifest is brought back from it.',
  'frontend.maxShrink':
    'By how much the number of objects may shrink by a rollback. More is refused, unless the request says so.',
  database: 'The RDS database. Without it there is no `database` strategy.',
  'database.instance': 'Identifier of the RDS instance. It has to fit the deployment parameter `databases`.',
  'database.cutover':
    'How the application gets to the restored database. `rename`: the instances swap names. `environment`: `DATABASE_URL` in the configuration file changes.',
  'database.stopServices':
    'When the services are stopped. `before-restore`: nobody writes while it runs, as in the runbook. `before-cutover`: the application runs on meanwhile, and is down for the cut-over alone.',
  'database.hourlyPrice':
    'What the instance costs an hour in US dollars, its storage included. Plans and logs then say what the second instance costs; without it they say where to look.',
  'database.check': 'What the restored database has to answer before it is used.',
  'database.check.sql':
    'One SELECT that answers one number. It is asked by psql on a host, with DATABASE_URL of the configuration file, in a session that cannot write.',
  'database.check.atLeast': 'The smallest good number.',
  health: 'How it is known that the application is well.',
  'health.host':
    'Address on each host that answers 200 when the application is well. If its JSON has a `version`, that is compared too.',
  'health.within': 'How long it may take to answer well after a restart, at most 30m.',
  'health.flows': 'Addresses as users reach them. They are looked at before and after.',
  'health.flows[].url': 'The address. It has to be reachable from the internet.',
  'health.flows[].status': 'The status it has to answer.',
  'health.flows[].contains': 'A text that the answer has to contain.',
  'health.logs': 'Errors in the journal of each host. Without it they are not counted.',
  'health.logs.units': 'The systemd units whose journal is searched.',
  'health.logs.maxErrors': 'How many errors since the restart are still good.',
  monitor: 'How the application is watched after the change.',
  'monitor.for': 'How long it has to stay well, at most 6h. An alarm that fired gets twice as long to become OK.',
  'monitor.every': 'How often it is looked at: at most 1000 times within `monitor.for`.',
  'monitor.alarms': 'CloudWatch alarms that have to be, or become, OK. The alarm that started the rollback is always among them.',
  triggers: 'Alarms that start a rollback by themselves.',
  'triggers[].alarm': 'Name of the CloudWatch alarm, in the account and region of the service.',
  'triggers[].issue': 'What the alarm means. It chooses the strategy.',
  'triggers[].onlyWithin': 'The alarm counts only this long after a deployment. Later it has another cause.',
  approval: 'Which rollbacks need the word of a second person.',
  'approval.required': 'Strategies that need an approval.',
  'approval.timeout': 'How long it is waited for, at most 24h. After that the rollback expires and nothing is changed.',
  limits: 'What keeps alarms from rolling back again and again. A person is only warned.',
  'limits.cooldown': 'How long after a rollback alarms start no other one, at most 90d.',
  'limits.perDay': 'How many rollbacks alarms may start after within 24 hours.',
  verifyAfter: 'A release that ran this long without alarm counts as verified, and may be gone back to.',
};

const reason = 'Why. It goes into the log.';

export const RELEASE: Meanings = {
  version: 'Name of the release, used once.',
  commit: 'The commit that was deployed.',
  deployedAt: 'When it was deployed. Left out: now.',
  status: '`deployed`: it was deployed. `verified`: it is known to be good. `bad`: it is never gone back to.',
  migration: 'The database schema that came with it.',
  'migration.head': 'The newest migration that the release applied.',
  'migration.contracts': 'Whether it took something away that older code needs. Code alone is never rolled back across it.',
};

export const RELEASE_CHANGE: Meanings = {
  status: 'What is known of it by now.',
  reason: 'Why. Left out: an earlier reason is dropped.',
};

export const ROLLBACK_REQUEST: Meanings = {
  strategy: 'What is rolled back. Give this or `issue`.',
  issue: 'What is wrong. It chooses the strategy by the decision matrix. Give this or `strategy`.',
  target: 'Where to go back to. Left out: the newest verified release before the running one.',
  'target.version':
    'Version of a recorded release: what is gone back to. For strategy `database`: the moment before it was deployed. For `configuration`: the backup that is recorded with it.',
  'target.time':
    'A moment that has passed. `frontend`: the bucket as it was then. `database`: the data as it was then. `configuration`: what was in force then, as far as backups tell. `full`: the release that ran then, with all of these. Not for strategy `code`.',
  frontend: 'What else may be said of the frontend.',
  'frontend.source':
    'By what a release is brought back: `manifest` (recorded with it, exact), `archive` (its finished build) or `time` (just before the next release). Left out: the first of these that it has.',
  'frontend.maxShrink': 'By how much the number of objects may shrink by this rollback, instead of what the manifest says.',
  reason,
  impact: 'What users notice. It goes into the log.',
  dryRun: 'true: answers the plan, changes nothing and records nothing.',
};

export const ROLLBACK_NOTES: Meanings = {
  impact: 'What users noticed.',
  resolution: 'How it was put right.',
  followUp: 'What is left to do. Replaces the list that is there.',
};

export const DECISION: Meanings = { reason };

export const BACKUP: Meanings = {
  database: 'Whether a snapshot of the database is taken too.',
  reason: 'Why it is made, such as the version that is about to be deployed.',
};

export const APPROVAL: Meanings = {
  reason,
  acknowledgeDataLoss:
    'Says that it is known how many minutes of writes are lost. Needed where `dataLossMinutes` of the plan is a number.',
};

export const FREEZE: Meanings = { reason, until: 'When the freeze ends by itself. Left out: when somebody lifts it.' };

export const ROLLBACK_QUERY: Meanings = {
  application: 'Rollbacks of this application. Give exactly one of application, status, actor, day.',
  status: 'Rollbacks with this status.',
  actor: 'Rollbacks that this ARN asked for; `alarm <name>` for those that an alarm started.',
  day: 'Rollbacks that were asked for on this day, UTC.',
  from: 'Asked for at this time or later.',
  to: 'Asked for at this time or earlier.',
  limit: 'How many to answer.',
  cursor: 'The `cursor` of the page before. The other filters have to be the same.',
};

export const EVENTS_QUERY: Meanings = { after: 'Only events with a greater `seq`.', limit: 'How many to answer.' };

/** A contract and its meanings do not fit together. */
export class MeaningsIncomplete extends Error {
  override readonly name = 'MeaningsIncomplete';
}

/** The fields of a contract with their meanings. Throws `MeaningsIncomplete`, naming the paths. */
export function explained(contract: z.ZodMiniType, meanings: Meanings): (Field & { readonly meaning: string })[] {
  const fields = fieldsOf(contract);
  const paths = new Set(fields.map(({ path }) => path));
  const missing = [...paths].filter((path) => !meanings[path]);
  const stray = Object.keys(meanings).filter((path) => !paths.has(path));
  if (missing.length > 0 || stray.length > 0)
    throw new MeaningsIncomplete(
      `docs/meanings.ts: no meaning for [${missing.join(', ')}], no field for [${stray.join(', ')}]. Add the one, remove the other.`,
    );
  return fields.map((field) => ({ ...field, meaning: meanings[field.path] ?? '' }));
}
