/** Backs the configuration of every host up, alone: no rollback or other backup of the application runs meanwhile. */
import { findHosts } from '../aws/ssm.ts';
import { config } from '../config.ts';
import type { BackedUpHost, HostResult, Manifest } from '../contracts.ts';
import { baseParameters } from '../domain/host-parameters.ts';
import { BackupFailed } from '../errors.ts';
import { acquireLock, releaseLock } from '../registry/locks.ts';
import { askHosts } from './host-commands.ts';

const LEASE_MS = 5 * 60_000;
const BACKUP_MS = 50_000;

/** @throws BackupFailed when the lock is somebody else's, or more hosts are out of reach than the manifest tolerates */
export const backUpHosts = async (manifest: Manifest, backupId: string): Promise<BackedUpHost[]> => {
  const { application, hosts, configuration } = manifest;
  if (!configuration) return [];
  const lock = await acquireLock(application, backupId, LEASE_MS, new Date());
  if (!lock.acquired) throw new BackupFailed(lockHeld(application, lock));
  try {
    const found = await findHosts(hosts.tags);
    const offline = found.filter(({ online }) => !online).map(({ id }) => id);
    if (found.length === offline.length || offline.length > hosts.offlineTolerance)
      throw new BackupFailed(`Hosts are out of reach: ${offline.join(', ') || 'none carries the tags of the manifest'}.`);
    const parameters = {
      ...baseParameters(manifest, backupId, { stateDirectory: config.hostStateDirectory }),
      fence: String(lock.fence),
      configurationFile: configuration.file,
    };
    const online = found.filter((host) => host.online).map(({ id }) => id);
    const command = { document: 'back-up-configuration', parameters, timeoutMs: BACKUP_MS } as const;
    return (await askHosts(command, online, `${backupId} back-up`, BACKUP_MS)).map(backedUp);
  } finally {
    await releaseLock(application, backupId, lock.fence);
  }
};

const lockHeld = (application: string, { holder, until }: { readonly holder: string; readonly until: string }): string =>
  `${holder} holds the lock of ${application}, at most until ${until}. If it is a rollback that awaits approval, approve, reject or cancel it, or wait; then back up again.`;

const backedUp = ({ host, ok, error, message, result }: HostResult): BackedUpHost => {
  if (!ok) return { id: host, ok, problem: `${error}: ${message}` };
  const { sha256 } = (result?.configuration ?? {}) as { readonly sha256?: string };
  return { id: host, ok, ...(sha256 !== undefined && { sha256 }) };
};
