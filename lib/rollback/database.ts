/** What a plan needs to know of a database, and what its step goes by. */
import { findInstances, restoreWindow } from '../aws/rds/describe.ts';
import { proxiesOf } from '../aws/rds/proxies.ts';
import { config } from '../config.ts';
import type { DatabaseTarget, Manifest, Plan, Refusal } from '../contracts.ts';
import { type DatabaseFacts, judgeDatabase } from '../domain/database/guards.ts';
import type { Cutover } from '../domain/database/move.ts';
import type { DatabaseAction } from '../domain/database/moves.ts';
import { databaseNames } from '../domain/database/names.ts';
import { sizeOf } from '../domain/database/state.ts';
import { databaseWarnings } from '../domain/database/warnings.ts';
import { PlanMissing, RollbackCancelled } from '../errors.ts';
import { databaseWorkOf } from '../log/database-work.ts';
import { requirePlan } from '../log/plans.ts';
import { requireRollback } from '../log/rollbacks.ts';
import { beginInTime } from './expiry.ts';
import { keepLock } from './lease.ts';

interface Asked {
  readonly rollbackId: string;
  readonly database: NonNullable<Manifest['database']>;
  /** ISO time of a whole second. */
  readonly restoreTime: string;
  readonly now: Date;
}

type Planned =
  | { target: DatabaseTarget; warnings: string[]; refusal?: undefined }
  | { refusal: Refusal; target?: undefined; warnings?: undefined };

/** What a restore would be, or why there can be none. Changes nothing; throws AWS's own errors. */
export const planDatabase = async ({ rollbackId, database, restoreTime, now }: Asked): Promise<Planned> => {
  const { instance, cutover, hourlyPrice } = database;
  const observed = await observeDatabase(instance);
  const { restoredName, keptName } = databaseNames(instance, rollbackId);
  const names = [instance, restoredName, ...(cutover === 'rename' ? [keptName] : [])];
  const { databases: permitted } = config;
  const judged = judgeDatabase({ instance, ...observed, restoreTime, cutover, names, permitted, now });
  if (judged.refusal) return { refusal: judged.refusal };
  const { state, address, window } = judged;
  const { identifier, resourceId } = state;
  const source = { identifier, resourceId, address };
  const target = { source, size: sizeOf(state, hourlyPrice), restoreTime, window, restoredName, keptName };
  return { target, warnings: databaseWarnings({ cutover, restoreTime, hourlyPrice }, state) };
};

/** An instance as it is now, who leads to it, and the times that it can be restored to. */
const observeDatabase = async (instance: string): Promise<Pick<DatabaseFacts, 'state' | 'window' | 'proxies'>> => {
  const [[state = null], proxies] = await Promise.all([findInstances({ identifiers: [instance] }), proxiesOf(instance)]);
  return { state, proxies, window: state && (await restoreWindow(state.resourceId)) };
};

export interface Database {
  readonly plan: Plan;
  readonly fence: number;
  readonly target: DatabaseTarget;
  readonly cutover: Cutover;
}

/**
 * What a step goes by, with the lock's lease renewed: nothing may be changed without it.
 * @throws LockLost, PlanMissing; PlanExpired before an early restore; RollbackCancelled as long as a person may still stop it: before the cut-over is begun
 */
export const openDatabase = async (rollbackId: string, fence: number, action: DatabaseAction): Promise<Database> => {
  const [plan, rollback, work] = await Promise.all([
    requirePlan(rollbackId),
    requireRollback(rollbackId),
    databaseWorkOf(rollbackId),
  ]);
  const stoppable = action !== 'undo' && work.cutOverBegunAt === undefined;
  const { database: target, manifest } = plan;
  if (!target || !manifest.database) throw new PlanMissing(rollbackId);
  if (stoppable && rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback.`);
  const now = new Date();
  // A restore for which services are stopped first does not come at the beginning.
  const begins = action === 'prepare' && manifest.database.stopServices === 'before-cutover' && work.restoreBegunAt === undefined;
  if (begins) await beginInTime(plan, now);
  await keepLock(plan, fence, now);
  return { plan, fence, target, cutover: manifest.database.cutover };
};
