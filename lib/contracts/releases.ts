/** Releases, and freezes of an application. */
import * as z from 'zod';
import { ReleaseFrontend } from './frontend.ts';
import { commit, name, time, version } from './names.ts';

export const ReleaseStatus = z.enum(['deployed', 'verified', 'bad']);
const Migration = z.strictObject({ head: z.string().min(1).max(200), contracts: z.boolean().default(false) });
/** POST /applications/{application}/releases */
export const ReleaseInput = z.strictObject({
  version,
  commit,
  deployedAt: time.optional(),
  status: ReleaseStatus.default('deployed'),
  migration: Migration.optional(),
});
export type ReleaseInput = z.infer<typeof ReleaseInput>;
/** PATCH /applications/{application}/releases/{version} */
export const ReleaseChange = z.strictObject({ status: ReleaseStatus, reason: z.string().min(1).max(1000).optional() });
export type ReleaseChange = z.infer<typeof ReleaseChange>;
export const Release = z.object({
  application: name,
  version,
  commit,
  deployedAt: z.string(),
  status: ReleaseStatus,
  recordedBy: z.string(),
  statusReason: z.string().optional(),
  /** Who changed the status last, and when; absent: it is as it was recorded. */
  statusBy: z.string().optional(),
  statusAt: z.string().optional(),
  migration: Migration.optional(),
  /** What the application's bucket held when the release was recorded; absent: it has no frontend, or had none then. */
  frontend: ReleaseFrontend.optional(),
  /** The newest backup that was made while this release ran: its configuration, and a snapshot if there is one. */
  backup: z.object({ id: z.string(), at: z.string(), snapshot: z.string().optional() }).optional(),
  /** When one of the application's alarms fired while this release ran, or a rollback took it away; absent: never. */
  alarmedAt: z.string().optional(),
});
export type Release = z.infer<typeof Release>;
/** `at`: the state of this moment (ISO time), rather than a release; version and commit are then those that ran at it, if recorded. */
export const ReleaseReference = z.object({ version: z.string().nullable(), commit: z.string(), at: z.string().optional() });
export type ReleaseReference = z.infer<typeof ReleaseReference>;
