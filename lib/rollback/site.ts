/** What the steps of a frontend rollback share: where things lie, and what the plan says of the site. */
import type { FrontendTarget, Manifest, ObjectStage, Plan, Rollback } from '../contracts.ts';
import { PlanMissing, RollbackCancelled } from '../errors.ts';
import { requirePlan } from '../log/plans.ts';
import { requireRollback } from '../log/rollbacks.ts';
import { keepLock } from './lease.ts';

export interface Site {
  readonly plan: Plan;
  readonly rollback: Rollback;
  readonly site: NonNullable<Manifest['frontend']>;
  readonly target: FrontendTarget;
}

/** Folder of the service's bucket that a stage's chunks lie in. */
export const folderOf = (rollbackId: string, stage: ObjectStage): string => `rollbacks/${rollbackId}/${stage}`;

/** Folder of a release's manifest. */
export const manifestFolder = (application: string, version: string): string => `manifests/${application}/${version}`;

/**
 * What a step goes by, with the lock's lease renewed: nothing may be written without it.
 * @throws LockLost, PlanMissing; RollbackCancelled for an action that a person may still stop
 */
export const openSite = async (rollbackId: string, fence: number, stoppable: boolean): Promise<Site> => {
  const [plan, rollback] = await Promise.all([requirePlan(rollbackId), requireRollback(rollbackId)]);
  const { frontend: target, manifest } = plan;
  if (!target || !manifest.frontend) throw new PlanMissing(rollbackId);
  if (stoppable && rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback.`);
  await keepLock(plan, fence, new Date());
  return { plan, rollback, site: manifest.frontend, target };
};
