/** Backups before a deployment: the configuration of every host, and a snapshot of the database. */
import * as z from 'zod/mini';
import { words } from './names.ts';

/** POST /applications/{application}/backups */
export const BackupInput = z.strictObject({
  /** Also take a snapshot of the database. */
  database: z._default(z.boolean(), false),
  reason: z.optional(words(1000)),
});
export type BackupInput = z.infer<typeof BackupInput>;
const BackedUpHost = z.object({
  id: z.string(),
  ok: z.boolean(),
  sha256: z.optional(z.string()),
  problem: z.optional(z.string()),
});
export type BackedUpHost = z.infer<typeof BackedUpHost>;
export const Backup = z.object({
  backupId: z.string(),
  application: z.string(),
  /** The release that ran: the backup belongs to it, as it is made before the next one comes. null: none is recorded. */
  version: z.nullable(z.string()),
  state: z.enum(['running', 'completed', 'failed']),
  database: z.boolean(),
  reason: z.optional(z.string()),
  by: z.string(),
  startedAt: z.string(),
  endedAt: z.optional(z.string()),
  hosts: z.optional(z.array(BackedUpHost)),
  /** Identifier of the snapshot of the database. */
  snapshot: z.optional(z.string()),
  problem: z.optional(z.string()),
});
export type Backup = z.infer<typeof Backup>;
/** What the steps of backup.asl.yml are told. */
export const BackUpInput = z.object({ application: z.string(), backupId: z.string() });
