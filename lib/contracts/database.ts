/** Database rollbacks: where a restore goes, and what was done to instances. No secret ever stands in one of these. */
import * as z from 'zod/mini';

/** Host name and port that clients connect to. */
export const DatabaseAddress = z.object({ host: z.string(), port: z.int() });
export type DatabaseAddress = z.infer<typeof DatabaseAddress>;

/** One RDS instance. `resourceId` (DbiResourceId) stays the same when the instance is renamed. */
export const DatabaseInstance = z.object({ identifier: z.string(), resourceId: z.string(), address: DatabaseAddress });
export type DatabaseInstance = z.infer<typeof DatabaseInstance>;

/** What a rollback does to the database: part of the plan. */
export const DatabaseTarget = z.object({
  /** The instance as it was when the plan was made. */
  source: DatabaseInstance,
  /** Class, storage and the manifest's price, such as `db.t3.medium with 100 GB gp3, $0.21 an hour`: what is paid twice until one of the two is removed. */
  size: z.string(),
  /** The moment that the data goes back to: ISO time of a whole second, as RDS knows no finer ones. */
  restoreTime: z.string(),
  /** When the plan was made, RDS could restore to any time between these. */
  window: z.object({ earliest: z.string(), latest: z.string() }),
  /** Deterministic names: of the restored instance while it is prepared, and of the old one after a cut-over by rename. */
  restoredName: z.string(),
  keptName: z.string(),
});
export type DatabaseTarget = z.infer<typeof DatabaseTarget>;

/** What a rollback has done to the database so far; each member is written before, or with, what it tells of. */
export const DatabaseWork = z.object({
  /** Written before the restore is asked for. */
  restoreBegunAt: z.optional(z.string()),
  restored: z.optional(DatabaseInstance),
  /** The restored instance has every setting of the source. */
  preparedAt: z.optional(z.string()),
  /** Written when the cut-over is first asked for: services are stopped by then. */
  cutOverAskedAt: z.optional(z.string()),
  /** Written before the first rename, or before the first host is pointed at the restored instance. */
  cutOverBegunAt: z.optional(z.string()),
  cutOverAt: z.optional(z.string()),
  /** By rename: the old instance under the name that it is kept by. Written before hosts look for where the other name leads. */
  kept: z.optional(DatabaseInstance),
  /** The rename that was asked for last. Written before it is asked for: whether RDS did it is seen by the name alone. */
  renaming: z.optional(z.object({ resourceId: z.string(), from: z.string(), to: z.string() })),
  undoBegunAt: z.optional(z.string()),
  undoneAt: z.optional(z.string()),
  /** Under which name, and where, each instance was last seen: for people when something went wrong. */
  seen: z.optional(z.array(z.object({ identifier: z.string(), resourceId: z.string(), status: z.string() }))),
  /** Since when they are seen so. */
  seenSince: z.optional(z.string()),
});
export type DatabaseWork = z.infer<typeof DatabaseWork>;

/** Which file of a host its configuration is restored from. */
export const ConfigurationSource = z.discriminatedUnion('kind', [
  /** The file beside it whose name ends in `.previous`, as the runbook has it. */
  z.object({ kind: z.literal('previous') }),
  /** A backup made before a deployment, by its id. */
  z.object({ kind: z.literal('backup'), id: z.string() }),
  /** What was in force at a time (ISO): backups are made before changes, so the next one after it; without one, the file itself. */
  z.object({ kind: z.literal('time'), at: z.string() }),
]);
export type ConfigurationSource = z.infer<typeof ConfigurationSource>;
