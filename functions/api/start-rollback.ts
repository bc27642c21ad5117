import { randomBytes } from 'node:crypto';
import { Decision, type Rollback, RollbackRequest } from '../../lib/contracts.ts';
import { newRollbackId, requestRollbackId } from '../../lib/domain/identity.ts';
import { renderPlan } from '../../lib/domain/plan.ts';
import { requestProblem, strategyFor, strategyProblem } from '../../lib/domain/strategy.ts';
import { IdempotencyConflict, StrategyImpossible } from '../../lib/errors.ts';
import { requireRollback } from '../../lib/log/rollbacks.ts';
import { type ApiAnswer, endpoint, resource } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { preflight } from '../../lib/rollback/preflight.ts';
import { type AskedRollback, startRollback } from '../../lib/rollback/start.ts';
import { undoOf } from '../../lib/rollback/undo-of.ts';

const idOf = (application: string, actor: string, key: string | undefined, now: Date): string =>
  key ? requestRollbackId(application, actor, key) : newRollbackId(application, now, randomBytes(4).toString('hex'));

const accepted = ({ rollbackId, application, status }: Rollback): ApiAnswer => ({
  status: 202,
  body: {
    rollbackId,
    application,
    status,
    links: {
      self: `/rollbacks/${rollbackId}`,
      events: `/rollbacks/${rollbackId}/events`,
      report: `/rollbacks/${rollbackId}/report`,
    },
  },
  headers: { location: `/rollbacks/${rollbackId}` },
});

const start = async (asked: AskedRollback, now: Date, idempotencyKey: string | undefined): Promise<ApiAnswer> => {
  const { same, rollback } = await startRollback(asked, now, idempotencyKey !== undefined);
  if (!same) throw new IdempotencyConflict(rollback.rollbackId);
  return accepted(rollback);
};

/** The same preflight that a real rollback goes by, without putting anything on record. */
const dryRun = async (asked: AskedRollback, now: Date): Promise<ApiAnswer> => {
  const { plan, refusal } = await preflight({ ...asked, status: 'requested', requestedAt: now.toISOString(), followUp: [] }, now);
  return { status: 200, body: plan ? { decision: 'planned', plan, text: renderPlan(plan) } : { decision: 'refused', refusal } };
};

const targetOf = ({ target, frontend }: RollbackRequest): Pick<AskedRollback, 'targetVersion' | 'targetTime' | 'frontend'> => ({
  ...(target && ('version' in target ? { targetVersion: target.version } : { targetTime: target.time })),
  ...(frontend && { frontend }),
});

export const handler = resource(
  endpoint({
    method: 'POST',
    path: '/applications/{application}/rollbacks',
    body: RollbackRequest,
    run: async ({ path: { application = '' }, body, actor, idempotencyKey }) => {
      const now = new Date();
      const strategy = body.strategy ?? strategyFor(body.issue ?? 'application-bug');
      const problem = strategyProblem(strategy, await requireApplication(application)) ?? requestProblem(strategy, body);
      if (problem) throw new StrategyImpossible(problem.message);
      const rollbackId = idOf(application, actor, idempotencyKey, now);
      const asked = {
        rollbackId,
        application,
        strategy,
        trigger: { type: 'http' as const },
        performedBy: actor,
        reason: body.reason,
        impact: body.impact,
        ...targetOf(body),
      };
      return body.dryRun ? dryRun(asked, now) : start(asked, now, idempotencyKey);
    },
  }),
  endpoint({
    method: 'POST',
    path: '/rollbacks/{rollbackId}/undo',
    body: Decision,
    run: async ({ path: { rollbackId = '' }, body, actor, idempotencyKey }) => {
      const now = new Date();
      const original = await requireRollback(rollbackId);
      return start(
        {
          ...undoOf(original),
          rollbackId: idOf(original.application, actor, idempotencyKey && `undo ${rollbackId} ${idempotencyKey}`, now),
          performedBy: actor,
          reason: body.reason,
        },
        now,
        idempotencyKey,
      );
    },
  }),
);
