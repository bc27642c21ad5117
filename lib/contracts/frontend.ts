/** Frontend rollbacks: release manifests, plans of objects and what was done. Lists of objects live in S3 as JSON lines, never in a state. */
import * as z from 'zod/mini';
import { ExecutionInput } from './steps.ts';

/** What CopyObject does not carry over, so that it has to be given again as HeadObject told it; absent members: it told none. */
export const LostByCopy = z.object({
  storageClass: z.optional(z.string()),
  websiteRedirect: z.optional(z.string()),
  encryption: z.optional(z.object({ algorithm: z.string(), keyId: z.optional(z.string()), bucketKey: z.optional(z.boolean()) })),
});
export type LostByCopy = z.infer<typeof LostByCopy>;

/**
 * One object of a release: a line of its manifest, in S3's order of keys (UTF-8 bytes). `etag` without quotes, here and below;
 * `checksum` as `CRC64NVME:<base64>`. Absent `lost`: a copy loses nothing of it.
 */
export const ManifestEntry = z.object({
  key: z.string(),
  versionId: z.string(),
  size: z.number(),
  etag: z.string(),
  checksum: z.optional(z.string()),
  contentType: z.optional(z.string()),
  lost: z.optional(LostByCopy),
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

/** The manifest of a release: chunks of JSON lines under `location`, each with its last key, so that a reader can begin anywhere. */
export const ManifestIndex = z.object({
  bucket: z.string(),
  prefix: z.string(),
  takenAt: z.string(),
  objects: z.number(),
  bytes: z.number(),
  chunks: z.array(z.object({ lastKey: z.string(), objects: z.number() })),
});
export type ManifestIndex = z.infer<typeof ManifestIndex>;

/** Objects are restored in this order: nothing that a page refers to is missing while its entry point is there. */
export const ObjectKind = z.enum(['assets', 'entries', 'removals']);
export type ObjectKind = z.infer<typeof ObjectKind>;

const ObjectVersion = z.object({ versionId: z.string(), etag: z.string(), size: z.number() });
/**
 * One line of a plan's chunk. `before` is the object that was there when the plan was made; null: none, or a delete marker.
 * `after` is the version to bring back, from `bucket` and `key` where that is another place (an archive); null: the key is to be removed.
 * `lost` undefined on a copy: not known yet, to be asked of the version itself.
 */
export const PlannedObject = z.object({
  key: z.string(),
  before: z.nullable(ObjectVersion),
  after: z.nullable(
    z.extend(ObjectVersion, {
      /** Absent: the object that is there when it is copied, as long as it still has this ETag. */
      versionId: z.optional(z.string()),
      bucket: z.optional(z.string()),
      key: z.optional(z.string()),
      lost: z.optional(LostByCopy),
    }),
  ),
});
export type PlannedObject = z.infer<typeof PlannedObject>;

/**
 * What became of one planned object. `created`: the version or delete marker (its ETag empty) that the service made; absent on one
 * that is `done`: somebody else had done it.
 */
export const RestoredObject = z.object({
  key: z.string(),
  /** `conflict`: somebody else changed it since the plan was made, and it was left alone. */
  outcome: z.enum(['done', 'conflict', 'failed']),
  created: z.optional(z.object({ versionId: z.string(), etag: z.string() })),
  message: z.optional(z.string()),
});
export type RestoredObject = z.infer<typeof RestoredObject>;

const Totals = z.object({ objects: z.number(), bytes: z.number() });
/** How much a plan of objects changes. */
export const ObjectTotals = z.object({
  copies: Totals,
  removals: Totals,
  unchanged: Totals,
  /** Objects of the target, and those that are there now. */
  target: Totals,
  current: Totals,
});
export type ObjectTotals = z.infer<typeof ObjectTotals>;

/** A plan of objects as the state machine carries it: how many chunks of each kind lie under `rollbacks/<id>/<stage>/`. */
export const ObjectStage = z.enum(['apply', 'undo']);
export type ObjectStage = z.infer<typeof ObjectStage>;
export const ChunkCounts = z.record(ObjectKind, z.int());
export type ChunkCounts = z.infer<typeof ChunkCounts>;
/** What one item of the Map restores: chunks `first` … `first + count - 1` of a kind. */
export const ChunkRange = z.object({ kind: ObjectKind, first: z.int(), count: z.int() });
export type ChunkRange = z.infer<typeof ChunkRange>;
/** What an item of the Map answers; `examples` are a few sentences about what did not go well. */
export const ChunkOutcome = z.object({
  copied: z.int(),
  removed: z.int(),
  conflicts: z.int(),
  failed: z.int(),
  examples: z.array(z.string()),
});
export type ChunkOutcome = z.infer<typeof ChunkOutcome>;

/** What a rollback has done to the frontend so far; each member is written before, or with, what it tells of. */
export const FrontendWork = z.object({
  totals: z.optional(ObjectTotals),
  chunks: z.optional(ChunkCounts),
  /** Written before the first object is changed. */
  applyBegunAt: z.optional(z.string()),
  /** Every object is as planned, and what is served was found right. */
  appliedAt: z.optional(z.string()),
  undoChunks: z.optional(ChunkCounts),
  undoBegunAt: z.optional(z.string()),
  /** What could not be brought back, in words; none: the undo went well so far. */
  undoProblems: z.optional(z.array(z.string())),
  undoneAt: z.optional(z.string()),
});
export type FrontendWork = z.infer<typeof FrontendWork>;

/** One action on the frontend: what a step of frontend.asl.yml is told. */
export const FrontendInput = z.extend(ExecutionInput, { fence: z.int(), action: z.enum(['prepare', 'apply', 'undo']) });
export type FrontendInput = z.infer<typeof FrontendInput>;
/** Work that one invocation may not finish: `cursor` says where the next one goes on. */
export const Progress = z.object({ cursor: z.nullable(z.record(z.string(), z.unknown())) });
export const FrontendProgressInput = z.extend(FrontendInput, { progress: Progress });
export const RestoreObjectsInput = z.extend(FrontendInput, { range: ChunkRange });
export const SettleFrontendInput = z.extend(FrontendInput, {
  stage: z.object({ now: z.object({ kind: ObjectKind }) }),
  outcomes: z.array(ChunkOutcome),
});
/** Recording the frontend of a release: what the steps of release.asl.yml are told. */
export const RecordFrontendInput = z.object({ application: z.string(), version: z.string(), progress: Progress });
