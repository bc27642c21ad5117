import { EventsPage, type Rollback, RollbackNotes, RollbackQuery } from '../../lib/contracts.ts';
import { verifyChain } from '../../lib/domain/chain.ts';
import { renderReport } from '../../lib/domain/report.ts';
import { isOver } from '../../lib/domain/transitions.ts';
import { allEvents, appendEvent, listEvents } from '../../lib/log/events.ts';
import { frontendWorkOf } from '../../lib/log/frontend-work.ts';
import { getPlan } from '../../lib/log/plans.ts';
import { queryRollbacks } from '../../lib/log/query.ts';
import { requireRollback, updateRollback } from '../../lib/log/rollbacks.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';

const one = '/rollbacks/{rollbackId}';

const isOnRecord = async (application: string): Promise<boolean> =>
  (await queryRollbacks({ application, limit: 1 })).rollbacks.length > 0;

/** Nothing found for a name that nobody knows is a slip of the pen. Records may outlive their application, and are answered. */
const search = async (query: RollbackQuery): Promise<{ rollbacks: Rollback[]; cursor: string | null }> => {
  const page = await queryRollbacks(query);
  const { application } = query;
  if (page.rollbacks.length === 0 && application !== undefined && !(await isOnRecord(application)))
    await requireApplication(application);
  return page;
};

export const handler = resource(
  endpoint({
    method: 'GET',
    path: '/rollbacks',
    query: RollbackQuery,
    run: async ({ query }) => ({ status: 200, body: await search(query) }),
  }),
  endpoint({
    method: 'GET',
    path: one,
    run: async ({ path: { rollbackId = '' } }) => ({ status: 200, body: await requireRollback(rollbackId) }),
  }),
  endpoint({
    method: 'GET',
    path: `${one}/events`,
    query: EventsPage,
    run: async ({ path: { rollbackId = '' }, query }) => {
      await requireRollback(rollbackId);
      const events = await listEvents(rollbackId, query);
      return { status: 200, body: { events, after: events.at(-1)?.seq ?? query.after } };
    },
  }),
  endpoint({
    method: 'GET',
    path: `${one}/plan`,
    run: async ({ path: { rollbackId = '' } }) => {
      await requireRollback(rollbackId);
      const [plan, { totals = null }] = await Promise.all([getPlan(rollbackId), frontendWorkOf(rollbackId)]);
      return { status: 200, body: { plan, objects: totals } };
    },
  }),
  endpoint({
    method: 'GET',
    path: `${one}/report`,
    run: async ({ path: { rollbackId = '' } }) => {
      const rollback = await requireRollback(rollbackId);
      const [events, plan] = await Promise.all([allEvents(rollbackId), getPlan(rollbackId)]);
      return {
        status: 200,
        body: renderReport(rollback, events, plan),
        headers: {
          'x-log-chain': verifyChain(events, isOver(rollback.status) ? rollback.head : undefined).intact ? 'intact' : 'broken',
        },
      };
    },
  }),
  endpoint({
    method: 'PATCH',
    path: one,
    body: RollbackNotes,
    run: async ({ path: { rollbackId = '' }, body, actor }) => {
      await requireRollback(rollbackId);
      const now = new Date();
      // The words and who wrote them go into the chain first: the header shows the latest, the events all of them.
      await appendEvent({
        rollbackId,
        phase: 'close',
        type: 'notes-added',
        key: `notes-${now.toISOString()}-${actor}`,
        detail: { actor, ...body },
        now,
      });
      return { status: 200, body: (await updateRollback(rollbackId, body)).rollback };
    },
  }),
);
