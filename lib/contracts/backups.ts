/** Backups before a deployment: the configuration of every host, and a snapshot of the database. */
import * as z from 'zod';

/** POST /applications/{application}/backups */
export const BackupInput = z.strictObject({
  /** Also take a snapshot of the database. */
  database: z.boolean().default(false),
  reason: z.string().trim().min(1).max(1000).optional(),
});
export type BackupInput = z.infer<typeof BackupInput>;
const BackedUpHost = z.object({ id: z.string(), ok: z.boolean(), sha256: z.string().optional(), problem: z.string().optional() });
export type BackedUpHost = z.infer<typeof BackedUpHost>;
export const Backup = z.object({
  backupId: z.string(),
  application: z.string(),
  /** The release that ran: the backup belongs to it, as it is made before the next one comes. null: none is recorded. */
  version: z.string().nullable(),
  state: z.enum(['running', 'completed', 'failed']),
  database: z.boolean(),
  reason: z.string().optional(),
  by: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  hosts: z.array(BackedUpHost).optional(),
  /** Identifier of the snapshot of the database. */
  snapshot: z.string().optional(),
  problem: z.string().optional(),
});
export type Backup = z.infer<typeof Backup>;
/** What the steps of backup.asl.yml are told. */
export const BackUpInput = z.object({ application: z.string(), backupId: z.string() });
