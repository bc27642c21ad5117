/** The rollback log: headers, events and how they are asked for. */
import * as z from 'zod';
import { name, time } from './names.ts';
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
  commit: z.string().nullable(),
  version: z.string().nullable(),
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
  endedAt: z.string().optional(),
  durationMs: z.number().optional(),
  performedBy: z.string(),
  reason: z.string(),
  targetVersion: z.string().optional(),
  targetTime: z.string().optional(),
  frontend: FrontendWish.optional(),
  from: ReleaseReference.optional(),
  to: ReleaseReference.optional(),
  estimate: Estimate.optional(),
  /** Minutes of writes that the restore of a database loses; absent: no database is restored. */
  dataLossMinutes: z.number().optional(),
  impact: z.string().optional(),
  resolution: z.string().optional(),
  followUp: z.array(z.string()).default([]),
  refusal: Refusal.optional(),
  hosts: z.array(HostState).optional(),
  approvedBy: z.string().optional(),
  cancelRequestedBy: z.string().optional(),
  /** Head of the event chain as last written: a check that no event at the end was cut off. */
  head: z.object({ seq: z.number(), hash: z.string() }).optional(),
});
export type Rollback = z.infer<typeof Rollback>;

/** GET /rollbacks: one of application, status, actor or day; newest first within [from, to]. */
export const RollbackQuery = z
  .strictObject({
    application: name.optional(),
    status: RollbackStatus.optional(),
    actor: z.string().min(1).max(500).optional(),
    day: z.iso.date({ error: 'must be a day such as 2026-11-22' }).optional(),
    from: time.optional(),
    to: time.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.string().max(2000).optional(),
  })
  .refine((q) => [q.application, q.status, q.actor, q.day].filter((v) => v !== undefined).length === 1, {
    error: 'give exactly one of application, status, actor or day, such as /rollbacks?status=failed',
    path: ['application'],
  });
export type RollbackQuery = z.infer<typeof RollbackQuery>;

/** GET /rollbacks/{rollbackId}/events: those after a sequence number. */
export const EventsPage = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});
