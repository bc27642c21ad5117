import type { Plan, Refusal } from '../contracts.ts';
import { isExpired } from '../domain/plan.ts';
import { PlanExpired } from '../errors.ts';
import { appendEvent } from '../log/events.ts';
import { updateRollback } from '../log/rollbacks.ts';

/** Throws `PlanExpired`. */
export const insistInTime = (plan: Plan, now: Date): void => {
  if (isExpired(plan, now)) throw new PlanExpired(plan.rollbackId, plan.expiresAt);
};

/**
 * For whatever a plan begins with, before that is begun: one that is too old is refused, on record. What follows belongs to a plan that
 * was not too old when it began.
 * @throws PlanExpired
 */
export const beginInTime = async (plan: Plan, now: Date): Promise<void> => {
  if (!isExpired(plan, now)) return;
  const { rollbackId, expiresAt } = plan;
  const expired = new PlanExpired(rollbackId, expiresAt);
  const refusal: Refusal = { code: 'plan-expired', message: expired.message };
  await updateRollback(rollbackId, { refusal }, { unlessOver: true });
  await appendEvent({ rollbackId, phase: 'prepare', type: 'refused', key: 'plan-expired', detail: refusal, now });
  throw expired;
};
