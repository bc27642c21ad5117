/** Where a rollback's bucket and database stand, in words. */
import { databaseStands, leftovers, stillMisled } from '../domain/database/standing.ts';
import { siteStands } from '../domain/frontend/standing.ts';
import { commandsOf } from '../log/commands.ts';
import { databaseWorkOf } from '../log/database-work.ts';
import { frontendWorkOf } from '../log/frontend-work.ts';
import { getPlan } from '../log/plans.ts';
import { misledHosts } from './evidence.ts';

/** `stands`: a sentence for each that was touched. `leftOver`: what somebody pays for until it is removed, and how that is done. */
export const whatElseStands = async (rollbackId: string): Promise<{ stands: string[]; leftOver: string[] }> => {
  const [plan, site, data, commands] = await Promise.all([
    getPlan(rollbackId),
    frontendWorkOf(rollbackId),
    databaseWorkOf(rollbackId),
    commandsOf(rollbackId),
  ]);
  const { database: target, manifest } = plan ?? {};
  if (!plan || !target || !manifest?.database)
    return { stands: [siteStands(site)].filter((stands) => stands !== undefined), leftOver: [] };
  const { cutover } = manifest.database;
  const misled = stillMisled(target, data, misledHosts(plan, commands, data));
  return {
    stands: [siteStands(site), databaseStands(target, cutover, data), misled].filter((stands) => stands !== undefined),
    leftOver: [...(misled === undefined ? [] : [misled]), ...leftovers(target, cutover, data)],
  };
};
