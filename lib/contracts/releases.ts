/** Releases, and freezes of an application. */
import * as z from 'zod/mini';
import { commit, name, text, time, version } from './names.ts';

export const ReleaseStatus = z.enum(['deployed', 'verified', 'bad']);
const Migration = z.strictObject({ head: text(200), contracts: z._default(z.boolean(), false) });
/** POST /applications/{application}/releases */
export const ReleaseInput = z.strictObject({
  version,
  commit,
  deployedAt: z.optional(time),
  status: z._default(ReleaseStatus, 'deployed'),
  migration: z.optional(Migration),
});
export type ReleaseInput = z.infer<typeof ReleaseInput>;
/** PATCH /applications/{application}/releases/{version} */
export const ReleaseChange = z.strictObject({ status: ReleaseStatus, reason: z.optional(text(1000)) });
export type ReleaseChange = z.infer<typeof ReleaseChange>;
/** What a release's frontend manifest is: being written, written under `location` in the service's bucket, or why it is not. */
export const ReleaseFrontend = z.object({
  state: z.enum(['recording', 'recorded', 'failed']),
  /** Folder of the manifest in the service's bucket; present when recorded. */
  location: z.optional(z.string()),
  objects: z.optional(z.number()),
  bytes: z.optional(z.number()),
  takenAt: z.optional(z.string()),
  problem: z.optional(z.string()),
});
export type ReleaseFrontend = z.infer<typeof ReleaseFrontend>;
export const Release = z.object({
  application: name,
  version,
  commit,
  deployedAt: z.string(),
  status: ReleaseStatus,
  recordedBy: z.string(),
  statusReason: z.optional(z.string()),
  /** Who changed the status last, and when; absent: it is as it was recorded. */
  statusBy: z.optional(z.string()),
  statusAt: z.optional(z.string()),
  migration: z.optional(Migration),
  /** What the application's bucket held when the release was recorded; absent: it has no frontend, or had none then. */
  frontend: z.optional(ReleaseFrontend),
  /** The newest backup that was made while this release ran: its configuration, and a snapshot if there is one. */
  backup: z.optional(z.object({ id: z.string(), at: z.string(), snapshot: z.optional(z.string()) })),
  /** When one of the application's alarms fired while this release ran, or a rollback took it away; absent: never. */
  alarmedAt: z.optional(z.string()),
});
export type Release = z.infer<typeof Release>;
