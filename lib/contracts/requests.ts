/** What people and alarms ask for. */
import * as z from 'zod/mini';
import { duration, share, time, version, words } from './names.ts';
import { Issue, Strategy } from './strategy.ts';

/** What a request may say about a frontend beyond its target. */
export const FrontendWish = z.strictObject({
  /** By what a release is brought back; absent: its manifest, else its archived build, else the time before the next release. */
  source: z.optional(z.enum(['manifest', 'archive', 'time'])),
  /** Overrules `frontend.maxShrink` of the manifest. */
  maxShrink: z.optional(share),
});
export type FrontendWish = z.infer<typeof FrontendWish>;
export const RollbackRequest = z
  .strictObject({
    strategy: z.optional(Strategy),
    issue: z.optional(Issue),
    target: z.optional(
      z.union([z.strictObject({ version }), z.strictObject({ time })], { error: 'must be either {version} or {time}' }),
    ),
    frontend: z.optional(FrontendWish),
    reason: words(1000),
    impact: z.optional(words(1000)),
    dryRun: z._default(z.boolean(), false),
  })
  .check(
    z.refine((r) => (r.strategy === undefined) !== (r.issue === undefined), {
      error: 'give either a strategy or an issue',
      path: ['strategy'],
    }),
  );
export type RollbackRequest = z.infer<typeof RollbackRequest>;
/** PATCH /rollbacks/{rollbackId}: what people add to the log's header afterwards. */
export const RollbackNotes = z
  .strictObject({
    impact: z.optional(z.string().check(z.trim(), z.maxLength(2000))),
    resolution: z.optional(z.string().check(z.trim(), z.maxLength(2000))),
    followUp: z.optional(z.array(words(500)).check(z.maxLength(20))),
  })
  .check(z.refine((n) => Object.keys(n).length > 0, 'give at least one of impact, resolution, followUp'));
export type RollbackNotes = z.infer<typeof RollbackNotes>;
/** POST …/approve, …/reject, …/cancel, …/undo */
export const Decision = z.strictObject({ reason: words(1000) });
/** POST …/approve */
export const Approval = z.extend(Decision, {
  /** Has to be true where the plan loses data: whoever approves has read how much. */
  acknowledgeDataLoss: z._default(z.boolean(), false),
});
export const FreezeInput = z.strictObject({ reason: words(1000), until: z.optional(time) });
/** Stands for every application where a freeze names one; no application can have this name. */
export const WHOLE_SERVICE = '_all';
export const Freeze = z.object({
  application: z.string(),
  reason: z.string(),
  by: z.string(),
  since: z.string(),
  until: z.optional(z.string()),
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
