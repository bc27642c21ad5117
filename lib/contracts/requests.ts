/** What people and alarms ask for. */
import * as z from 'zod/mini';
import { time, version, words } from './names.ts';
import { FrontendWish } from './rollbacks.ts';
import { Issue, Strategy } from './strategy.ts';

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
