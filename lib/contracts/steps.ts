/** Payloads between the steps of the state machines, and host commands on record. */
import * as z from 'zod/mini';
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
export const HostAction = z.enum([
  'inspect',
  'capture',
  'prepare',
  /** Looks whether the file that the configuration is restored from will do. */
  'prepare-configuration',
  /** Asks the running database through one host: proves, before anything is changed, that the check can be asked at all. */
  'probe-database',
  /** Asks the restored instance at its temporary address, through one host. */
  'check-database',
  'stop',
  /** Waits on every host until the database's name no longer leads to the instance that carried it before. */
  'find-database',
  'apply',
  'verify',
  /** Asks the database at the address that the application uses now, through one host. */
  'verify-database',
  'undo-stop',
  'undo-find-database',
  'undo',
  'verify-undo',
]);
export type HostAction = z.infer<typeof HostAction>;
export const HostCommandInput = z.extend(ExecutionInput, { fence: z.int(), action: HostAction, wave: Wave });
export type HostCommandInput = z.infer<typeof HostCommandInput>;
export const SentCommand = z.object({ commandId: z.string(), deadline: z.string() });
export const AwaitHostCommandInput = z.extend(HostCommandInput, { command: SentCommand });
export type AwaitHostCommandInput = z.infer<typeof AwaitHostCommandInput>;

/** One action on the database: what the step of database.asl.yml is told. */
export const DatabaseInput = z.extend(ExecutionInput, { fence: z.int(), action: z.enum(['prepare', 'apply', 'undo']) });
export type DatabaseInput = z.infer<typeof DatabaseInput>;
/** What one host answered to one command: `error` is the host document's own code, or the invocation's status when it said nothing. */
export const HostResult = z.object({
  host: z.string(),
  ok: z.boolean(),
  error: z.nullable(z.string()),
  message: z.string(),
  result: z.nullable(z.record(z.string(), z.unknown())),
});
export type HostResult = z.infer<typeof HostResult>;
/** The service's own SSM documents, without the deployment's prefix. */
export const HostDocument = z.enum([
  'inspect-host',
  'capture-host',
  'back-up-configuration',
  'prepare-code',
  'check-out-code',
  'restore-configuration',
  'manage-services',
  'query-database',
]);
export type HostDocument = z.infer<typeof HostDocument>;
/** One host command on record: written before it is sent, completed by its id and then its results. */
export const CommandRecord = z.object({
  rollbackId: z.string(),
  action: HostAction,
  wave: z.int(),
  document: HostDocument,
  hosts: z.readonly(z.array(z.string())),
  comment: z.string(),
  intendedAt: z.string(),
  /** Absent: it is not known to have been sent. */
  commandId: z.optional(z.string()),
  sentAt: z.optional(z.string()),
  /** Hosts that Systems Manager takes no command for: it was sent to the others. */
  unreachable: z.optional(z.readonly(z.array(z.string()))),
  /** Absent: not awaited to its end yet. */
  results: z.optional(z.readonly(z.array(HostResult))),
  endedAt: z.optional(z.string()),
});
export type CommandRecord = z.infer<typeof CommandRecord>;
