/** What people and alarms ask for. */
import * as z from 'zod';
import { duration, share, time, version } from './names.ts';
import { Issue, Strategy } from './strategy.ts';

/** What a request may say about a frontend beyond its target. */
export const FrontendWish = z.strictObject({
  /** By what a release is brought back; absent: its manifest, else its archived build, else the time before the next release. */
  source: z.enum(['manifest', 'archive', 'time']).optional(),
  /** Overrules `frontend.maxShrink` of the manifest. */
  maxShrink: share.optional(),
});
export type FrontendWish = z.infer<typeof FrontendWish>;
export const RollbackRequest = z
  .strictObject({
    strategy: Strategy.optional(),
    issue: Issue.optional(),
    target: z
      .union([z.strictObject({ version }), z.strictObject({ time })], { error: 'must be either {version} or {time}' })
      .optional(),
    frontend: FrontendWish.optional(),
    reason: z.string().trim().min(1).max(1000),
    impact: z.string().trim().min(1).max(1000).optional(),
    dryRun: z.boolean().default(false),
  })
  .refine((r) => (r.strategy === undefined) !== (r.issue === undefined), {
    error: 'give either a strategy or an issue',
    path: ['strategy'],
  });
export type RollbackRequest = z.infer<typeof RollbackRequest>;
/** PATCH /rollbacks/{rollbackId}: what people add to the log's header afterwards. */
export const RollbackNotes = z
  .strictObject({
    impact: z.string().trim().max(2000).optional(),
    resolution: z.string().trim().max(2000).optional(),
    followUp: z.array(z.string().trim().min(1).max(500)).max(20).optional(),
  })
  .refine((n) => Object.keys(n).length > 0, 'give at least one of impact, resolution, followUp');
export type RollbackNotes = z.infer<typeof RollbackNotes>;
/** POST …/approve, …/reject, …/cancel, …/undo */
export const Decision = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
/** POST …/approve */
export const Approval = Decision.extend({
  /** Has to be true where the plan loses data: whoever approves has read how much. */
  acknowledgeDataLoss: z.boolean().default(false),
});
export const FreezeInput = z.strictObject({ reason: z.string().trim().min(1).max(1000), until: time.optional() });
/** Stands for every application where a freeze names one; no application can have this name. */
export const WHOLE_SERVICE = '_all';
export const Freeze = z.object({
  application: z.string(),
  reason: z.string(),
  by: z.string(),
  since: z.string(),
  until: z.string().optional(),
});
export type Freeze = z.infer<typeof Freeze>;

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
