/** Payloads between the steps of the state machines, and host commands on record. */
import * as z from 'zod';
import { ChunkOutcome, ChunkRange, ObjectKind } from './frontend.ts';
import { Wave } from './waves.ts';

export const ExecutionInput = z.object({ rollbackId: z.string(), application: z.string() });
export type ExecutionInput = z.infer<typeof ExecutionInput>;
/** How the state machine came to its last step; what that means is decided in domain/outcome.ts. */
export const End = z.enum([
  'refused',
  'rejected',
  'expired',
  'cancelled',
  'failed-before-change',
  'succeeded',
  'unresolved',
  'undone',
  'undo-failed',
]);
export type End = z.infer<typeof End>;
export const HostAction = z.enum(['inspect', 'capture', 'prepare', 'apply', 'verify', 'undo', 'verify-undo']);
export type HostAction = z.infer<typeof HostAction>;
export const HostCommandInput = ExecutionInput.extend({ fence: z.int(), action: HostAction, wave: Wave });
export type HostCommandInput = z.infer<typeof HostCommandInput>;
export const SentCommand = z.object({ commandId: z.string(), deadline: z.string() });
export const AwaitHostCommandInput = HostCommandInput.extend({ command: SentCommand });
export type AwaitHostCommandInput = z.infer<typeof AwaitHostCommandInput>;

/** One action on the frontend: what a step of frontend.asl.yml is told. */
export const FrontendInput = ExecutionInput.extend({ fence: z.int(), action: z.enum(['prepare', 'apply', 'undo']) });
export type FrontendInput = z.infer<typeof FrontendInput>;
/** Work that one invocation may not finish: `cursor` says where the next one goes on. */
export const Progress = z.object({ cursor: z.record(z.string(), z.unknown()).nullable() });
export const FrontendProgressInput = FrontendInput.extend({ progress: Progress });
export const RestoreObjectsInput = FrontendInput.extend({ range: ChunkRange });
export const SettleFrontendInput = FrontendInput.extend({
  stage: z.object({ now: z.object({ kind: ObjectKind }) }),
  outcomes: z.array(ChunkOutcome),
});
/** Recording the frontend of a release: what the steps of release.asl.yml are told. */
export const RecordFrontendInput = z.object({ application: z.string(), version: z.string(), progress: Progress });

/** What one host answered to one command: `error` is the host document's own code, or the invocation's status when it said nothing. */
export const HostResult = z.object({
  host: z.string(),
  ok: z.boolean(),
  error: z.string().nullable(),
  message: z.string(),
  result: z.record(z.string(), z.unknown()).nullable(),
});
export type HostResult = z.infer<typeof HostResult>;
/** The service's own SSM documents, without the deployment's prefix. */
export const HostDocument = z.enum(['inspect-host', 'capture-host', 'prepare-code', 'check-out-code']);
export type HostDocument = z.infer<typeof HostDocument>;
/** One host command on record: written before it is sent, completed by its id and then its results. */
export const CommandRecord = z.object({
  rollbackId: z.string(),
  action: HostAction,
  wave: z.int(),
  document: HostDocument,
  hosts: z.array(z.string()).readonly(),
  comment: z.string(),
  intendedAt: z.string(),
  /** Absent: it is not known to have been sent. */
  commandId: z.string().optional(),
  sentAt: z.string().optional(),
  /** Absent: not awaited to its end yet. */
  results: z.array(HostResult).readonly().optional(),
  endedAt: z.string().optional(),
});
export type CommandRecord = z.infer<typeof CommandRecord>;
