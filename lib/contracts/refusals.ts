/** Why there is no plan. */
import * as z from 'zod/mini';

export const RefusalCode = z.enum([
  'application-unknown',
  'component-missing',
  'strategy-unavailable',
  'nothing-recorded',
  'target-unknown',
  'target-bad',
  'target-unverified',
  'target-not-restorable',
  'target-is-current',
  'deployment-too-old',
  'stale-event',
  'alarm-not-firing',
  'alarm-suppressed',
  'frozen',
  'cooldown',
  'daily-limit',
  'rollback-in-progress',
  'no-hosts',
  'hosts-offline',
  'agent-too-old',
  'contracting-migration',
  'bucket-unversioned',
  'bucket-unreachable',
  'frontend-empty',
  'frontend-shrunken',
  'frontend-versions-lost',
  'frontend-versions-archived',
  'plan-expired',
  'configuration-missing',
  'database-unknown',
  'database-not-permitted',
  'database-unsupported',
  'database-not-ready',
  'database-no-backups',
  'restore-time-outside-window',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;
export const Refusal = z.object({ code: RefusalCode, message: z.string() });
export type Refusal = z.infer<typeof Refusal>;
