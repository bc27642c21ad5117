/** The plan of a rollback. */
import * as z from 'zod/mini';
import { ConfigurationSource, DatabaseTarget } from './database.ts';
import { Manifest } from './manifest.ts';
import { name } from './names.ts';
import { Observation } from './observations.ts';
import { Estimate, ReleaseReference } from './rollbacks.ts';
import { Component, Strategy } from './strategy.ts';
import { Wave } from './waves.ts';

/** What the bucket is to look like: exactly a release's manifest, as at a time, or as an archived build. */
export const FrontendTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('manifest'), version: z.string(), location: z.string() }),
  z.object({ kind: z.literal('time'), at: z.string() }),
  z.object({ kind: z.literal('archive'), version: z.string(), bucket: z.string(), prefix: z.string() }),
]);
export type FrontendTarget = z.infer<typeof FrontendTarget>;
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
