import { Approval, Decision } from '../../lib/contracts.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { approveRollback, cancelRollback, rejectRollback } from '../../lib/rollback/decide.ts';

const one = '/rollbacks/{rollbackId}';
const accepted = (rollbackId: string, decision: string) => ({ status: 202, body: { rollbackId, decision } });

export const handler = resource(
  endpoint({
    method: 'POST',
    path: `${one}/approve`,
    body: Approval,
    run: async ({ path: { rollbackId = '' }, body, actor }) => {
      await approveRollback({ rollbackId, actor, ...body, now: new Date() });
      return accepted(rollbackId, 'approved');
    },
  }),
  endpoint({
    method: 'POST',
    path: `${one}/reject`,
    body: Decision,
    run: async ({ path: { rollbackId = '' }, body, actor }) => {
      await rejectRollback({ rollbackId, actor, reason: body.reason, now: new Date() });
      return accepted(rollbackId, 'rejected');
    },
  }),
  endpoint({
    method: 'POST',
    path: `${one}/cancel`,
    body: Decision,
    run: async ({ path: { rollbackId = '' }, body, actor }) => {
      await cancelRollback({ rollbackId, actor, reason: body.reason, now: new Date() });
      return accepted(rollbackId, 'cancel-requested');
    },
  }),
);
