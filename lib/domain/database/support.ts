import type { Refusal } from '../../contracts.ts';
import { list } from '../naming.ts';
import type { DatabaseState } from './state.ts';

/** What is beyond this service, with the steps that a person takes instead; null: nothing is. `proxies`: that lead to the instance. */
export function unsupported(state: DatabaseState, proxies: readonly string[]): Refusal | null {
  const why = unlikeOthers(state) ?? engineProblem(state) ?? followed(state, proxies) ?? notCarriedOver(state);
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

function engineProblem({ engine }: DatabaseState): string | null {
  if (engine === 'postgres') return null;
  return `runs ${engine}, and the service restores PostgreSQL only. By hand: aws rds restore-db-instance-to-point-in-time, look at the restored instance, then rename both.`;
}

/** Others that would stay with the old instance and its data, and go on to hand it out. */
function followed({ identifier, replicas }: DatabaseState, proxies: readonly string[]): string | null {
  if (replicas.length > 0)
    return `has the read replicas ${list(replicas)}, which would stay with the old instance and go on to answer with its data. By hand: restore it (aws rds restore-db-instance-to-point-in-time), rename both, make new replicas of the restored one (aws rds create-db-instance-read-replica) and give them the names of the old ones.`;
  if (proxies.length > 0)
    return `is the target of RDS Proxy (${list(proxies)}), which would go on to lead to the old instance. By hand: restore it (aws rds restore-db-instance-to-point-in-time), rename both, then for each proxy aws rds deregister-db-proxy-targets and aws rds register-db-proxy-targets --db-proxy-name ${proxies[0]} --db-instance-identifiers ${identifier}.`;
  return null;
}

function notCarriedOver({ identifier, hasManagedPassword, directories }: DatabaseState): string | null {
  if (hasManagedPassword)
    return `has its master password in Secrets Manager, and a restored instance gets none of that: it would turn away whoever reads the secret. By hand: restore it, aws rds modify-db-instance --manage-master-user-password on the restored one, give the application the new secret, then rename (${identifier} first).`;
  if (directories.length > 0)
    return `lets users in by the directory ${directories.join(', ')} (Kerberos), which a restored instance is no member of. By hand: aws rds restore-db-instance-to-point-in-time with --domain and --domain-iam-role-name, then rename.`;
  return null;
}
