/** Asks every host of an application what it runs. Changes nothing. */
import { findHosts } from '../aws/ssm.ts';
import { config } from '../config.ts';
import type { HostObservation, HostState, Manifest } from '../contracts.ts';
import { inspection } from '../domain/host-command.ts';
import { leftOut } from '../domain/left-out.ts';
import { hostState } from '../domain/verdict.ts';
import { getPlan } from '../log/plans.ts';
import { truthOf } from './evidence.ts';
import { askHosts } from './host-commands.ts';

/** Longer than an inspection takes on a busy host, shorter than the HTTP API's 30 s. */
const INSPECTION_MS = 20_000;
/** Errors that were logged this recently belong to what runs now. */
const RECENT_ERRORS_MS = 5 * 60_000;

/** Every host that carries the manifest's tags; those online are asked what they run. `commit`: the one they are asked to have. */
export const observeHosts = async (manifest: Manifest, rollbackId: string, commit: string): Promise<HostObservation[]> => {
  const found = await findHosts(manifest.hosts.tags);
  const errorsSince = new Date(Date.now() - RECENT_ERRORS_MS).toISOString();
  const online = found.filter((host) => host.online).map(({ id }) => id);
  const results = await askHosts(
    inspection(manifest, rollbackId, commit, { stateDirectory: config.hostStateDirectory, errorsSince }),
    online,
    `${rollbackId} inspect`,
    INSPECTION_MS,
  );
  return found.map((host) => ({
    id: host.id,
    online: host.online,
    agentVersion: host.agentVersion,
    truth: truthOf(results.find((result) => result.host === host.id)),
  }));
};

/** What each host of a rollback's plan says that it runs now; none when there is no plan, as then nothing was changed. */
export const whereHostsStand = async (rollbackId: string): Promise<HostState[]> => {
  const plan = await getPlan(rollbackId);
  if (!plan || plan.hosts.length === 0) return [];
  const hosts = await observeHosts(plan.manifest, rollbackId, plan.to.commit);
  return [...plan.hosts.map((id) => hostState(id, { at: '', hosts, flows: [], alarms: [] })), ...leftOut(plan)];
};
