/** How the rollback log is asked for. */
import * as z from 'zod/mini';
import { name, text, time } from './names.ts';
import { RollbackStatus } from './rollbacks.ts';

/** GET /rollbacks: one of application, status, actor or day; newest first within [from, to]. */
export const RollbackQuery = z
  .strictObject({
    application: z.optional(name),
    status: z.optional(RollbackStatus),
    actor: z.optional(text(500)),
    day: z.optional(z.iso.date({ error: 'must be a day such as 2026-11-22' })),
    from: z.optional(time),
    to: z.optional(time),
    limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 20),
    cursor: z.optional(z.string().check(z.maxLength(2000))),
  })
  .check(
    z.refine((q) => [q.application, q.status, q.actor, q.day].filter((v) => v !== undefined).length === 1, {
      error: 'give exactly one of application, status, actor or day, such as /rollbacks?status=failed',
      path: ['application'],
    }),
    z.refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to), {
      error: 'must not be before from',
      path: ['to'],
    }),
  );
export type RollbackQuery = z.infer<typeof RollbackQuery>;

/** GET /rollbacks/{rollbackId}/events: those after a sequence number. */
export const EventsPage = z.strictObject({
  after: z._default(z.coerce.number().check(z.int(), z.minimum(0)), 0),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200)), 100),
});
