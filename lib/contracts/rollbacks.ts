/** The rollback log's headers. */
import * as z from 'zod/mini';
import { duration, share } from './names.ts';
import { Refusal } from './refusals.ts';
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
export const RollbackTrigger = z.discriminatedUnion('type', [
  z.object({ type: z.literal('http') }),
  z.object({
    type: z.literal('alarm'),
    alarmName: z.string(),
    alarmArn: z.string(),
    stateTimestamp: z.string(),
    stateReason: z.string(),
    onlyWithin: duration,
  }),
  z.object({ type: z.literal('undo'), of: z.string() }),
]);
export type RollbackTrigger = z.infer<typeof RollbackTrigger>;
/** What a request may say about a frontend beyond its target. */
export const FrontendWish = z.strictObject({
  /** By what a release is brought back; absent: its manifest, else its archived build, else the time before the next release. */
  source: z.optional(z.enum(['manifest', 'archive', 'time'])),
  /** Overrules `frontend.maxShrink` of the manifest. */
  maxShrink: z.optional(share),
});
export type FrontendWish = z.infer<typeof FrontendWish>;
/** `at`: the state of this moment (ISO time), rather than a release; version and commit are then those that ran at it, if recorded. */
export const ReleaseReference = z.object({ version: z.nullable(z.string()), commit: z.string(), at: z.optional(z.string()) });
export type ReleaseReference = z.infer<typeof ReleaseReference>;
export const Estimate = z.object({
  medianMinutes: z.number(),
  p90Minutes: z.number(),
  source: z.enum(['log', 'runbook']),
  rollbacks: z.number(),
});
export type Estimate = z.infer<typeof Estimate>;
export const Rollback = z.object({
  rollbackId: z.string(),
  application: z.string(),
  strategy: Strategy,
  status: RollbackStatus,
  trigger: RollbackTrigger,
  requestedAt: z.string(),
  endedAt: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  /** false: it failed before it changed anything. Absent: the status says it, or nobody knows. */
  changed: z.optional(z.boolean()),
  performedBy: z.string(),
  reason: z.string(),
  targetVersion: z.optional(z.string()),
  targetTime: z.optional(z.string()),
  frontend: z.optional(FrontendWish),
  from: z.optional(ReleaseReference),
  to: z.optional(ReleaseReference),
  estimate: z.optional(Estimate),
  /** Minutes of writes that the restore of a database would have lost when it was planned; absent: no database is restored. */
  dataLossMinutes: z.optional(z.number()),
  /** What was lost indeed: writes from the time of the restore until services were stopped; absent: nothing was cut over. */
  dataLost: z.optional(z.object({ from: z.string(), until: z.string() })),
  impact: z.optional(z.string()),
  resolution: z.optional(z.string()),
  followUp: z._default(z.array(z.string()), []),
  /** What the service left behind, what it costs and the commands that remove it; nobody's notes replace it. Absent: nothing. */
  leftOver: z.optional(z.array(z.string())),
  refusal: z.optional(Refusal),
  hosts: z.optional(z.array(HostState)),
  approvedBy: z.optional(z.string()),
  cancelRequestedBy: z.optional(z.string()),
  /** When people were told of its end; absent: not yet, or nobody has to hear of it. */
  notifiedAt: z.optional(z.string()),
  /** Head of the event chain as last written: a check that no event at the end was cut off. */
  head: z.optional(z.object({ seq: z.number(), hash: z.string() })),
});
export type Rollback = z.infer<typeof Rollback>;
