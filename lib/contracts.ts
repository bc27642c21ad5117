/**
 * Every shape that crosses a border of this service: manifest, releases, requests, the rollback log, plans and the payloads
 * between state machine steps. One source for types, HTTP validation, the OpenAPI page and the step inputs.
 * Times are ISO 8601 UTC strings; durations are texts such as `30s`, `15m`, `4h`, `2d`.
 */
import * as z from 'zod';
import { ABSOLUTE_PATH, HTTP_URL, RELATIVE_PATH, UNIT } from './patterns.ts';

// Lambdas start cold and parse little: compiling each schema to code, as zod does by default, costs them more than it saves.
z.config({ jitless: true });

const name = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be 2-40 characters of a-z, 0-9 and -, starting with a letter');
const duration = z.string().regex(/^[1-9][0-9]{0,4}[smhd]$/, 'must be a number and a unit: 30s, 15m, 4h, 2d');
const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const absolutePath = z
  .string()
  .max(255)
  .regex(whole(ABSOLUTE_PATH), 'must be an absolute path without blanks, .. or parts that begin with -');
const relativePath = z
  .string()
  .max(200)
  .regex(whole(RELATIVE_PATH), 'must be a path inside the repository without blanks, .. or parts that begin with -');
const folderInRepository = z
  .string()
  .max(200)
  .regex(whole(`(\\.|${RELATIVE_PATH})`), 'must be . or a path inside the repository');
const unit = z.string().max(80).regex(whole(UNIT), 'must be the name of a systemd unit');
const commit = z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit id of 40 hexadecimal digits');
const version = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'must be up to 64 characters of letters, digits, . _ + -');
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(500)
  .regex(/^[^\s'"\\`$<>]+$/, 'must not contain blanks, quotes or $');
/** Asked on the host itself, by curl. */
const hostUrl = z.string().max(500).regex(whole(HTTP_URL), 'must be an http or https address without blanks, quotes or fragment');
const time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-22T03:00:00Z' })
  .transform((t) => new Date(t).toISOString());
const alarmName = z.string().min(1).max(255);

export const Strategy = z.enum(['code', 'frontend', 'database', 'configuration', 'full']);
export type Strategy = z.infer<typeof Strategy>;
export const Component = z.enum(['code', 'frontend', 'database', 'configuration']);
export type Component = z.infer<typeof Component>;
export const Issue = z.enum(['application-bug', 'frontend-issue', 'database-issue', 'configuration-error', 'multiple-issues']);
export type Issue = z.infer<typeof Issue>;

// ---- application manifest (PUT /applications/{application}) ----

const Install = z.union(
  [
    z.strictObject({ python: z.strictObject({ requirements: relativePath, venv: relativePath }) }),
    z.strictObject({ npm: z.strictObject({ directory: folderInRepository.default('.') }) }),
    z.strictObject({ script: relativePath }),
  ],
  { error: 'must be one of python {requirements, venv}, npm {directory} or script' },
);
export type Install = z.infer<typeof Install>;

const Trigger = z.strictObject({ alarm: alarmName, issue: Issue.default('application-bug'), onlyWithin: duration.default('4h') });

export const Manifest = z.strictObject({
  application: name,
  contacts: z
    .array(z.strictObject({ role: z.string().min(1).max(80), reach: z.string().min(1).max(200) }))
    .max(20)
    .default([]),
  hosts: z.strictObject({
    tags: z
      .record(z.string().min(1).max(128), z.string().min(1).max(256))
      .refine((t) => Object.keys(t).length >= 1 && Object.keys(t).length <= 5, 'must name 1 to 5 tags'),
    canary: z.int().min(0).max(50).default(1),
    concurrency: z
      .union([
        z.int().min(1).max(50),
        z.string().regex(/^([1-9][0-9]?|100)%$/, 'must be a number of hosts or a share such as 25%'),
      ])
      .default('25%'),
    offlineTolerance: z.int().min(0).max(1000).default(0),
    commandTimeout: duration.default('10m'),
  }),
  services: z.strictObject({ application: z.array(unit).min(1).max(10), proxy: z.array(unit).max(5).default([]) }),
  code: z
    .strictObject({
      directory: absolutePath,
      user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name'),
      install: Install.optional(),
    })
    .optional(),
  configuration: z
    .strictObject({
      file: absolutePath,
      owner: z.string().regex(/^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$/, 'must be user:group'),
      mode: z.string().regex(/^0?[0-7]{3}$/, 'must be an octal mode such as 600'),
    })
    .optional(),
  frontend: z
    .strictObject({
      bucket: z.string().min(3).max(63),
      prefix: z.string().max(512).default(''),
      entryPoints: z.array(z.string().min(1).max(512)).min(1).max(20).default(['index.html']),
      distribution: z.string().max(64).optional(),
    })
    .optional(),
  database: z
    .strictObject({
      instance: z.string().min(1).max(63),
      cutover: z.enum(['rename', 'environment']).default('rename'),
      stopServices: z.enum(['before-restore', 'before-cutover']).default('before-restore'),
      check: z.strictObject({ sql: z.string().min(1).max(2000), atLeast: z.int().min(0) }).optional(),
    })
    .optional(),
  health: z
    .strictObject({
      host: hostUrl.optional(),
      within: duration.default('1m'),
      flows: z
        .array(
          z.strictObject({
            url: httpUrl,
            status: z.int().min(100).max(599).default(200),
            contains: z.string().min(1).max(500).optional(),
          }),
        )
        .max(20)
        .default([]),
      logs: z.strictObject({ units: z.array(unit).min(1).max(10), maxErrors: z.int().min(0).max(100_000).default(0) }).optional(),
    })
    .prefault({}),
  monitor: z
    .strictObject({ for: duration.default('15m'), every: duration.default('1m'), alarms: z.array(alarmName).max(50).default([]) })
    .prefault({}),
  triggers: z.array(Trigger).max(20).default([]),
  approval: z
    .strictObject({ required: z.array(Strategy).default(['database', 'full']), timeout: duration.default('1h') })
    .prefault({}),
  limits: z.strictObject({ cooldown: duration.default('30m'), perDay: z.int().min(1).max(100).default(3) }).prefault({}),
  verifyAfter: duration.default('30m'),
});
export type Manifest = z.infer<typeof Manifest>;

// ---- releases ----

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
  migration: Migration.optional(),
  /** When one of the application's alarms fired while this release ran, or a rollback took it away; absent: never. */
  alarmedAt: z.string().optional(),
});
export type Release = z.infer<typeof Release>;
const ReleaseReference = z.object({ version: z.string().nullable(), commit: z.string() });
export type ReleaseReference = z.infer<typeof ReleaseReference>;

// ---- asking for a rollback ----

export const RollbackRequest = z
  .strictObject({
    strategy: Strategy.optional(),
    issue: Issue.optional(),
    target: z.strictObject({ version }).optional(),
    reason: z.string().trim().min(1).max(1000),
    impact: z.string().trim().min(1).max(1000).optional(),
    dryRun: z.boolean().default(false),
  })
  .refine((r) => (r.strategy === undefined) !== (r.issue === undefined), {
    error: 'give either a strategy or an issue',
    path: ['strategy'],
  });
export type RollbackRequest = z.infer<typeof RollbackRequest>;
/** PATCH /rollbacks/{rollbackId}: what people add to the log's header afterwards. */
export const RollbackNotes = z
  .strictObject({
    impact: z.string().trim().max(2000).optional(),
    resolution: z.string().trim().max(2000).optional(),
    followUp: z.array(z.string().trim().min(1).max(500)).max(20).optional(),
  })
  .refine((n) => Object.keys(n).length > 0, 'give at least one of impact, resolution, followUp');
export type RollbackNotes = z.infer<typeof RollbackNotes>;
/** POST …/approve, …/reject, …/cancel, …/undo */
export const Decision = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
export const FreezeInput = z.strictObject({ reason: z.string().trim().min(1).max(1000), until: time.optional() });
/** Stands for every application where a freeze names one; no application can have this name. */
export const WHOLE_SERVICE = '_all';
export const Freeze = z.object({
  application: z.string(),
  reason: z.string(),
  by: z.string(),
  since: z.string(),
  until: z.string().optional(),
});
export type Freeze = z.infer<typeof Freeze>;

export const RollbackTrigger = z.discriminatedUnion('type', [
  z.object({ type: z.literal('http') }),
  z.object({
    type: z.literal('alarm'),
    alarmName: z.string(),
    alarmArn: z.string(),
    stateTimestamp: z.string(),
    stateReason: z.string(),
    onlyWithin: duration,
  }),
  z.object({ type: z.literal('undo'), of: z.string() }),
]);
export type RollbackTrigger = z.infer<typeof RollbackTrigger>;

// ---- observations, what a plan and a verdict are decided on ----

export const HostObservation = z.object({
  id: z.string(),
  online: z.boolean(),
  agentVersion: z.string(),
  /** What the inspect-host document saw; null: the host did not answer. */
  truth: z
    .object({
      commit: z.string(),
      dirtyFiles: z.number(),
      targetPresent: z.boolean(),
      services: z.array(z.object({ name: z.string(), state: z.string() })),
      health: z.object({ status: z.number(), version: z.string().nullable() }).nullable(),
      errorsInLogs: z.number().nullable(),
      freeMegabytes: z.number(),
    })
    .nullable(),
});
export type HostObservation = z.infer<typeof HostObservation>;
export const AlarmObservation = z.object({
  name: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA', 'MISSING']),
  transitionedAt: z.string().nullable(),
  newestDatapointAt: z.string().nullable(),
  actionsEnabled: z.boolean(),
});
export type AlarmObservation = z.infer<typeof AlarmObservation>;
export const FlowObservation = z.object({
  url: z.string(),
  good: z.boolean(),
  status: z.number().nullable(),
  problem: z.string().nullable(),
});
export type FlowObservation = z.infer<typeof FlowObservation>;
export const Observation = z.object({
  at: z.string(),
  hosts: z.array(HostObservation),
  alarms: z.array(AlarmObservation),
  flows: z.array(FlowObservation),
});
export type Observation = z.infer<typeof Observation>;

// ---- plan ----

export const Estimate = z.object({
  medianMinutes: z.number(),
  p90Minutes: z.number(),
  source: z.enum(['log', 'runbook']),
  rollbacks: z.number(),
});
export type Estimate = z.infer<typeof Estimate>;
export const Wave = z.object({ index: z.number(), hosts: z.array(z.string()).min(1).max(50), commit });
export type Wave = z.infer<typeof Wave>;
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
  hosts: z.array(z.string()),
  actions: z.array(z.string()),
  checks: z.array(z.string()),
  warnings: z.array(z.string()),
  estimate: Estimate,
  dataLossMinutes: z.number().nullable(),
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
  'plan-expired',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;
export const Refusal = z.object({ code: RefusalCode, message: z.string() });
export type Refusal = z.infer<typeof Refusal>;

// ---- rollback log ----

export const Outcome = z.enum(['succeeded', 'unresolved', 'undone', 'failed', 'refused', 'rejected', 'expired', 'cancelled']);
export type Outcome = z.infer<typeof Outcome>;
export const RollbackStatus = z.enum([
  'requested',
  'planned',
  'awaiting-approval',
  'in-progress',
  'monitoring',
  'undoing',
  ...Outcome.options,
]);
export type RollbackStatus = z.infer<typeof RollbackStatus>;
export const HostState = z.object({
  id: z.string(),
  commit: z.string().nullable(),
  version: z.string().nullable(),
  note: z.string(),
});
export type HostState = z.infer<typeof HostState>;
export const Rollback = z.object({
  rollbackId: z.string(),
  application: z.string(),
  strategy: Strategy,
  status: RollbackStatus,
  trigger: RollbackTrigger,
  requestedAt: z.string(),
  endedAt: z.string().optional(),
  durationMs: z.number().optional(),
  performedBy: z.string(),
  reason: z.string(),
  targetVersion: z.string().optional(),
  from: ReleaseReference.optional(),
  to: ReleaseReference.optional(),
  estimate: Estimate.optional(),
  impact: z.string().optional(),
  resolution: z.string().optional(),
  followUp: z.array(z.string()).default([]),
  refusal: Refusal.optional(),
  hosts: z.array(HostState).optional(),
  approvedBy: z.string().optional(),
  cancelRequestedBy: z.string().optional(),
  /** Head of the event chain as last written: a check that no event at the end was cut off. */
  head: z.object({ seq: z.number(), hash: z.string() }).optional(),
});
export type Rollback = z.infer<typeof Rollback>;

export const Phase = z.enum([
  'trigger',
  'plan',
  'lock',
  'approve',
  'capture',
  'prepare',
  'stop',
  'apply',
  'verify',
  'monitor',
  'undo',
  'close',
]);
export type Phase = z.infer<typeof Phase>;
export const RollbackEvent = z.object({
  rollbackId: z.string(),
  seq: z.int().min(1),
  at: z.string(),
  phase: Phase,
  type: z.string(),
  /** Says the same thing at a retry, so that a step that runs twice is recorded once. */
  key: z.string(),
  detail: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});
export type RollbackEvent = z.infer<typeof RollbackEvent>;

/** GET /rollbacks: one of application, status, actor or day; newest first within [from, to]. */
export const RollbackQuery = z
  .strictObject({
    application: name.optional(),
    status: RollbackStatus.optional(),
    actor: z.string().min(1).max(500).optional(),
    day: z.iso.date().optional(),
    from: time.optional(),
    to: time.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.string().max(2000).optional(),
  })
  .refine((q) => [q.application, q.status, q.actor, q.day].filter((v) => v !== undefined).length === 1, {
    error: 'give exactly one of application, status, actor or day',
    path: ['application'],
  });
export type RollbackQuery = z.infer<typeof RollbackQuery>;

/** GET /rollbacks/{rollbackId}/events: those after a sequence number. */
export const EventsPage = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

// ---- state machine payloads ----

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

/** An EventBridge `CloudWatch Alarm State Change`; composite alarms carry no metrics, `reasonData` is JSON text and may be absent. */
export const AlarmChange = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  time: z.string(),
  resources: z.array(z.string()).min(1),
  detail: z.object({
    alarmName: z.string(),
    state: z.object({
      value: z.string(),
      reason: z.string().default(''),
      timestamp: z.string(),
      actionsSuppressedBy: z.string().optional(),
    }),
  }),
});
export type AlarmChange = z.infer<typeof AlarmChange>;
export const ExecutionEnded = z.object({
  detail: z.object({
    executionArn: z.string(),
    name: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
