/** The events of the rollback log: append-only, each with the hash of the one before. */
import * as z from 'zod/mini';

export const Phase = z.enum([
  'trigger',
  'plan',
  'lock',
  'approve',
  'capture',
  'prepare',
  'stop',
  'apply',
  'verify',
  'monitor',
  'undo',
  'close',
]);
export type Phase = z.infer<typeof Phase>;
export const RollbackEvent = z.object({
  rollbackId: z.string(),
  seq: z.int().check(z.minimum(1)),
  at: z.string(),
  phase: Phase,
  type: z.string(),
  /** Says the same thing at a retry, so that a step that runs twice is recorded once. */
  key: z.string(),
  detail: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});
export type RollbackEvent = z.infer<typeof RollbackEvent>;
