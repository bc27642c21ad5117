/** What ran, as far as the registry and the log tell without asking hosts. */
import type { Release } from '../contracts.ts';
import { releaseAt } from '../domain/releases.ts';
import { recentRollbacks } from '../log/query.ts';
import { listReleases } from '../registry/releases.ts';

/** The release of an application that ran at a time (ISO); null: none is recorded. */
export const releaseOnRecordAt = async (application: string, at: string): Promise<Release | null> => {
  const releases = await listReleases(application);
  const deployed = releases.find(({ deployedAt }) => Date.parse(deployedAt) <= Date.parse(at));
  // Only what was rolled back since that deployment may have brought another one back.
  return deployed ? releaseAt(releases, await recentRollbacks(application, new Date(deployed.deployedAt)), at) : null;
};
