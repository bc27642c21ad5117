import type { Refusal } from '../../contracts.ts';
import type { DatabaseState } from './state.ts';

/** Engines whose instances are restored and renamed alike. */
const ENGINES = new Set(['postgres', 'mysql', 'mariadb']);

/** What is beyond this service, with the steps that a person takes instead; null: nothing is. */
export function unsupported(state: DatabaseState, isAsked: boolean): Refusal | null {
  const why = unlikeOthers(state) ?? engineProblem(state, isAsked) ?? notCarriedOver(state);
  return why === null ? null : { code: 'database-unsupported', message: `${state.identifier} ${why}` };
}

function unlikeOthers({ identifier, cluster, replicaOf, isOnOutpost }: DatabaseState): string | null {
  if (cluster !== null)
    return `belongs to the cluster ${cluster} (Aurora, or Multi-AZ with two readers), and a restore makes a cluster without this instance. By hand: aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier ${cluster}, then aws rds create-db-instance for Aurora, then point the application at it.`;
  if (replicaOf !== null)
    return `is a read replica of ${replicaOf}: what is wrong in it is wrong there. Name the primary in database.instance; by hand: restore ${replicaOf}, then make a new replica of it (aws rds create-db-instance-read-replica).`;
  if (isOnOutpost)
    return `is on an Outpost, where backups and addresses are other than in the region. By hand: aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier ${identifier} --backup-target outposts, then rename.`;
  return null;
}

function engineProblem({ engine }: DatabaseState, isAsked: boolean): string | null {
  if (!ENGINES.has(engine))
    return `runs ${engine}, and the service knows how to restore ${[...ENGINES].join(', ')} only. By hand: aws rds restore-db-instance-to-point-in-time, then rename both instances.`;
  if (isAsked && engine !== 'postgres')
    return `runs ${engine}, and database.check is asked by psql. Take database.check out of the manifest, and look at the restored instance by hand before you approve of it.`;
  return null;
}

function notCarriedOver({ identifier, hasManagedPassword, directories }: DatabaseState): string | null {
  if (hasManagedPassword)
    return `has its master password in Secrets Manager, and a restored instance gets none of that: it would turn away whoever reads the secret. By hand: restore it, aws rds modify-db-instance --manage-master-user-password on the restored one, give the application the new secret, then rename (${identifier} first).`;
  if (directories.length > 0)
    return `lets users in by the directory ${directories.join(', ')} (Kerberos), which a restored instance is no member of. By hand: aws rds restore-db-instance-to-point-in-time with --domain and --domain-iam-role-name, then rename.`;
  return null;
}
