/** Where a rollback's bucket and database stand, in words. */
import { databaseStands, leftovers } from '../domain/database/standing.ts';
import { siteStands } from '../domain/frontend/standing.ts';
import { databaseWorkOf } from '../log/database-work.ts';
import { frontendWorkOf } from '../log/frontend-work.ts';
import { getPlan } from '../log/plans.ts';

/** `stands`: a sentence for each that was touched. `leftOver`: what somebody pays for until it is removed, and how that is done. */
export const whatElseStands = async (rollbackId: string): Promise<{ stands: string[]; leftOver: string[] }> => {
  const [plan, site, data] = await Promise.all([getPlan(rollbackId), frontendWorkOf(rollbackId), databaseWorkOf(rollbackId)]);
  const { database: target, manifest } = plan ?? {};
  const database = target && manifest?.database ? databaseStands(target, manifest.database.cutover, data) : undefined;
  return {
    stands: [siteStands(site), database].filter((stands) => stands !== undefined),
    leftOver: target && manifest?.database ? leftovers(target, manifest.database.cutover, data) : [],
  };
};
