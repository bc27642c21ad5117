/** The plan of a rollback, and why there is none. */
import * as z from 'zod/mini';
import { ConfigurationSource, DatabaseTarget } from './database.ts';
import { FrontendTarget } from './frontend.ts';
import { Manifest } from './manifest.ts';
import { name } from './names.ts';
import { Observation } from './observations.ts';
import { ReleaseReference } from './releases.ts';
import { Component, Strategy } from './strategy.ts';
import { Wave } from './waves.ts';

export const Estimate = z.object({
  medianMinutes: z.number(),
  p90Minutes: z.number(),
  source: z.enum(['log', 'runbook']),
  rollbacks: z.number(),
});
export type Estimate = z.infer<typeof Estimate>;
export const Plan = z.object({
  rollbackId: z.string(),
  application: name,
  strategy: Strategy,
  components: z.array(Component),
  createdAt: z.string(),
  expiresAt: z.string(),
  from: ReleaseReference,
  to: ReleaseReference,
  waves: z.array(Wave),
  /** By what the bucket is brought back; absent: the frontend is not touched. */
  frontend: z.optional(FrontendTarget),
  /** To what time the database is restored; absent: it is not touched. */
  database: z.optional(DatabaseTarget),
  /** What the configuration file is restored from; absent: it stays, but for the database's address in it. */
  configuration: z.optional(ConfigurationSource),
  hosts: z.array(z.string()),
  actions: z.array(z.string()),
  checks: z.array(z.string()),
  warnings: z.array(z.string()),
  estimate: Estimate,
  dataLossMinutes: z.nullable(z.number()),
  approvalRequired: z.boolean(),
  baseline: Observation,
  /** The manifest as it was when the plan was made: an edit meanwhile changes nothing of a running rollback. */
  manifest: Manifest,
});
export type Plan = z.infer<typeof Plan>;

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
  'database-unsupported',
  'database-not-ready',
  'database-no-backups',
  'restore-time-outside-window',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;
export const Refusal = z.object({ code: RefusalCode, message: z.string() });
export type Refusal = z.infer<typeof Refusal>;
