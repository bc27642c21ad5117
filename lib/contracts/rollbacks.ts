/** The rollback log: headers, events and how they are asked for. */
import * as z from 'zod/mini';
import { name, text, time } from './names.ts';
import { Estimate, Refusal } from './plan.ts';
import { ReleaseReference } from './releases.ts';
import { FrontendWish, RollbackTrigger } from './requests.ts';
import { Strategy } from './strategy.ts';

export const Outcome = z.enum(['succeeded', 'unresolved', 'undone', 'failed', 'refused', 'rejected', 'expired', 'cancelled']);
export type Outcome = z.infer<typeof Outcome>;
export const RollbackStatus = z.enum([
  'requested',
  'planned',
  'awaiting-approval',
  'in-progress',
  'monitoring',
  'undoing',
  ...Outcome.options,
]);
export type RollbackStatus = z.infer<typeof RollbackStatus>;
export const HostState = z.object({
  id: z.string(),
  commit: z.nullable(z.string()),
  version: z.nullable(z.string()),
  note: z.string(),
});
export type HostState = z.infer<typeof HostState>;
export const Rollback = z.object({
  rollbackId: z.string(),
  application: z.string(),
  strategy: Strategy,
  status: RollbackStatus,
  trigger: RollbackTrigger,
  requestedAt: z.string(),
  endedAt: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  performedBy: z.string(),
  reason: z.string(),
  targetVersion: z.optional(z.string()),
  targetTime: z.optional(z.string()),
  frontend: z.optional(FrontendWish),
  from: z.optional(ReleaseReference),
  to: z.optional(ReleaseReference),
  estimate: z.optional(Estimate),
  /** Minutes of writes that the restore of a database loses; absent: no database is restored. */
  dataLossMinutes: z.optional(z.number()),
  impact: z.optional(z.string()),
  resolution: z.optional(z.string()),
  followUp: z._default(z.array(z.string()), []),
  refusal: z.optional(Refusal),
  hosts: z.optional(z.array(HostState)),
  approvedBy: z.optional(z.string()),
  cancelRequestedBy: z.optional(z.string()),
  /** Head of the event chain as last written: a check that no event at the end was cut off. */
  head: z.optional(z.object({ seq: z.number(), hash: z.string() })),
});
export type Rollback = z.infer<typeof Rollback>;

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
  );
export type RollbackQuery = z.infer<typeof RollbackQuery>;

/** GET /rollbacks/{rollbackId}/events: those after a sequence number. */
export const EventsPage = z.strictObject({
  after: z._default(z.coerce.number().check(z.int(), z.minimum(0)), 0),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200)), 100),
});
