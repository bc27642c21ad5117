/** The operations of the HTTP API in one table: what docs/openapi.json and docs/api.md are made of. */
import * as z from 'zod/mini';
import {
  Approval,
  Backup,
  BackupInput,
  Decision,
  EventsPage,
  Freeze,
  FreezeInput,
  Manifest,
  ObjectTotals,
  Plan,
  Refusal,
  Release,
  ReleaseChange,
  ReleaseInput,
  Rollback,
  RollbackEvent,
  RollbackNotes,
  RollbackQuery,
  RollbackRequest,
  RollbackStatus,
} from '../lib/contracts.ts';
import * as example from './examples.ts';
import {
  APPROVAL,
  BACKUP,
  DECISION,
  EVENTS_QUERY,
  FREEZE,
  MANIFEST,
  type Meanings,
  RELEASE,
  RELEASE_CHANGE,
  ROLLBACK_NOTES,
  ROLLBACK_QUERY,
  ROLLBACK_REQUEST,
} from './meanings.ts';
import { type ProblemName, READING } from './problem-examples.ts';

/** The users that the README's policies make: a viewer reads, an operator does all but approve, an approver decides. */
export type Caller = 'viewer' | 'operator' | 'approver';

/** A body or a query as a caller sends it. `name` is its component's. */
export interface Input {
  readonly name: string;
  readonly contract: z.ZodMiniType;
  readonly meanings: Meanings;
  /** The first is shown in docs/api.md. */
  readonly examples: readonly object[];
}

export interface Answer {
  readonly status: number;
  readonly means: string;
  /** None: text/markdown. */
  readonly content?: { readonly name: string; readonly contract: z.ZodMiniType; readonly example: object };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly tag: 'Applications' | 'Backups' | 'Releases' | 'Rollbacks' | 'Decisions' | 'Freezes';
  readonly summary: string;
  readonly description: string;
  readonly callers: readonly Caller[];
  /** Takes the header Idempotency-Key. */
  readonly idempotent?: true;
  readonly body?: Input;
  readonly query?: Input;
  readonly answers: readonly Answer[];
  readonly problems: readonly ProblemName[];
}

/** The same as the endpoint's own, which functions/api/rollbacks.ts keeps to itself. */
export const Accepted = z.object({
  rollbackId: z.string(),
  application: z.string(),
  status: RollbackStatus,
  links: z.object({ self: z.string(), events: z.string(), report: z.string() }),
});
const DryRun = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('planned'), plan: Plan, text: z.string() }),
  z.object({ decision: z.literal('refused'), refusal: Refusal }),
]);
const Applications = z.object({ applications: z.array(z.string()) });
const Releases = z.object({ releases: z.array(Release) });
const Rollbacks = z.object({ rollbacks: z.array(Rollback), cursor: z.nullable(z.string()) });
const Events = z.object({ events: z.array(RollbackEvent), after: z.number() });
const PlanOrNone = z.object({ plan: z.nullable(Plan), objects: z.nullable(ObjectTotals) });
const FreezeOrNone = z.object({ freeze: z.nullable(Freeze) });
const Backups = z.object({ backups: z.array(Backup) });
const BackupAccepted = z.extend(z.pick(Backup, { backupId: true, application: true, state: true }), {
  links: z.object({ self: z.string() }),
});
const Decided = z.object({ rollbackId: z.string(), decision: z.enum(['approved', 'rejected', 'cancel-requested']) });

const ALL: readonly Caller[] = ['viewer', 'operator', 'approver'];
const OPERATOR: readonly Caller[] = ['operator'];

const manifest = Manifest.parse(example.fullManifest);
const plan: Plan = { ...example.plan, manifest };
const approvalBody: Input = {
  name: 'Approval',
  contract: Approval,
  meanings: APPROVAL,
  examples: [example.approval, example.decision],
};
const decisionBody: Input = { name: 'Decision', contract: Decision, meanings: DECISION, examples: [example.decision] };
const decided = (decision: z.infer<typeof Decided>['decision'], means: string): Answer => ({
  status: 202,
  means,
  content: { name: 'Decided', contract: Decided, example: { rollbackId: example.ROLLBACK_ID, decision } },
});
const accepted: Answer = {
  status: 202,
  means: 'On record and started. Follow it with its events.',
  content: { name: 'Accepted', contract: Accepted, example: example.accepted },
  headers: { location: 'Path of the rollback.' },
};
const manifestAnswer = (status: number, means: string): Answer => ({
  status,
  means,
  content: { name: 'Manifest', contract: Manifest, example: manifest },
});
const releaseAnswer = (status: number, means: string): Answer => ({
  status,
  means,
  content: { name: 'Release', contract: Release, example: example.release },
});
const freezeAnswer = (means: string, freeze: Freeze | null): Answer => ({
  status: 200,
  means,
  content: { name: 'FreezeOrNone', contract: FreezeOrNone, example: { freeze } },
});

/** Every operation, in the order of serverless.yml. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'listApplications',
    method: 'GET',
    path: '/applications',
    tag: 'Applications',
    summary: 'List the applications',
    description: 'The names of all registered applications, in alphabetical order.',
    callers: ALL,
    answers: [
      {
        status: 200,
        means: 'The names.',
        content: { name: 'Applications', contract: Applications, example: { applications: ['ad-mint-ai'] } },
      },
    ],
    problems: [],
  },
  {
    id: 'getApplication',
    method: 'GET',
    path: '/applications/{application}',
    tag: 'Applications',
    summary: 'Read a manifest',
    description: 'The manifest as it was last put, with the defaults filled in.',
    callers: ALL,
    answers: [manifestAnswer(200, 'The manifest.')],
    problems: ['ApplicationUnknown'],
  },
  {
    id: 'putApplication',
    method: 'PUT',
    path: '/applications/{application}',
    tag: 'Applications',
    summary: 'Register an application, or replace its manifest',
    description:
      'Takes the whole manifest. What is left out gets its default. A rollback that runs keeps the manifest it began with.',
    callers: OPERATOR,
    body: {
      name: 'ManifestInput',
      contract: Manifest,
      meanings: MANIFEST,
      examples: [example.smallManifest, example.fullManifest],
    },
    answers: [manifestAnswer(201, 'Registered.'), manifestAnswer(200, 'Replaced.')],
    problems: [...READING, 'ManifestMismatch'],
  },
  {
    id: 'getFreeze',
    method: 'GET',
    path: '/applications/{application}/freeze',
    tag: 'Freezes',
    summary: 'Read the freeze that holds',
    description:
      'The freeze that holds for the application now: that of the whole service before its own. `_all` as the name asks for the whole service.',
    callers: ALL,
    answers: [freezeAnswer('The freeze, or null.', example.freeze)],
    problems: ['ApplicationUnknown'],
  },
  {
    id: 'putFreeze',
    method: 'PUT',
    path: '/applications/{application}/freeze',
    tag: 'Freezes',
    summary: 'Forbid rollbacks',
    description:
      'No new rollback of the application gets past its plan, whoever asks. One that runs goes on: cancel it. `_all` as the name freezes the whole service.',
    callers: OPERATOR,
    body: { name: 'FreezeInput', contract: FreezeInput, meanings: FREEZE, examples: [example.freezeInput] },
    answers: [freezeAnswer('Frozen. A freeze that was there is replaced.', example.freeze)],
    problems: [...READING, 'ApplicationUnknown'],
  },
  {
    id: 'deleteFreeze',
    method: 'DELETE',
    path: '/applications/{application}/freeze',
    tag: 'Freezes',
    summary: 'Allow rollbacks again',
    description: 'Lifts the freeze of this name only: that of the whole service is lifted with `_all` as the name.',
    callers: OPERATOR,
    answers: [freezeAnswer('Lifted, or there was none.', null)],
    problems: ['ApplicationUnknown'],
  },
  {
    id: 'listReleases',
    method: 'GET',
    path: '/applications/{application}/releases',
    tag: 'Releases',
    summary: 'List the releases',
    description: 'Every recorded release, the newest deployment first.',
    callers: ALL,
    answers: [
      {
        status: 200,
        means: 'The releases.',
        content: { name: 'Releases', contract: Releases, example: { releases: [example.release] } },
      },
    ],
    problems: ['ApplicationUnknown'],
  },
  {
    id: 'recordRelease',
    method: 'POST',
    path: '/applications/{application}/releases',
    tag: 'Releases',
    summary: 'Record a deployment',
    description: 'Safe to send again: the same content answers what is recorded.',
    callers: OPERATOR,
    body: { name: 'ReleaseInput', contract: ReleaseInput, meanings: RELEASE, examples: [example.releaseInput] },
    answers: [releaseAnswer(201, 'Recorded.'), releaseAnswer(200, 'It was recorded before.')],
    problems: [...READING, 'ApplicationUnknown', 'ReleaseConflict'],
  },
  {
    id: 'changeRelease',
    method: 'PATCH',
    path: '/applications/{application}/releases/{version}',
    tag: 'Releases',
    summary: 'Say what is known of a release',
    description: 'Marks a release verified or bad. A bad one is never gone back to, by whatever version its commit is recorded.',
    callers: OPERATOR,
    body: { name: 'ReleaseChange', contract: ReleaseChange, meanings: RELEASE_CHANGE, examples: [example.releaseChange] },
    answers: [releaseAnswer(200, 'Changed.')],
    problems: [...READING, 'ReleaseUnknown'],
  },
  {
    id: 'listBackups',
    method: 'GET',
    path: '/applications/{application}/backups',
    tag: 'Backups',
    summary: 'List backups',
    description: 'Newest first.',
    callers: ALL,
    answers: [
      {
        status: 200,
        means: 'The backups.',
        content: { name: 'Backups', contract: Backups, example: { backups: [example.backup] } },
      },
    ],
    problems: ['ApplicationUnknown'],
  },
  {
    id: 'getBackup',
    method: 'GET',
    path: '/applications/{application}/backups/{backupId}',
    tag: 'Backups',
    summary: 'Read a backup',
    description: 'How far it is, and which hosts it holds.',
    callers: ALL,
    answers: [{ status: 200, means: 'The backup.', content: { name: 'Backup', contract: Backup, example: example.backup } }],
    problems: ['BackupUnknown'],
  },
  {
    id: 'backUp',
    method: 'POST',
    path: '/applications/{application}/backups',
    tag: 'Backups',
    summary: 'Make a backup before a deployment',
    description:
      'Keeps a dated copy of the configuration on every host and, if asked, a snapshot of the database. It is recorded with the release that runs, and fails as a whole if one host fails or a rollback runs.',
    callers: OPERATOR,
    idempotent: true,
    body: { name: 'BackupInput', contract: BackupInput, meanings: BACKUP, examples: [example.backupInput] },
    answers: [
      {
        status: 202,
        means: 'On record and started.',
        content: { name: 'BackupAccepted', contract: BackupAccepted, example: example.backupAccepted },
      },
    ],
    problems: [...READING, 'ApplicationUnknown', 'BackupImpossible'],
  },
  {
    id: 'startRollback',
    method: 'POST',
    path: '/applications/{application}/rollbacks',
    tag: 'Rollbacks',
    summary: 'Ask for a rollback, or for its plan',
    description:
      'Give either a strategy or an issue. With `dryRun` the answer is the plan, or the reason not to, and nothing is put on record. Without, the rollback is on record and runs; whether it is refused shows in its status and events.',
    callers: OPERATOR,
    idempotent: true,
    body: {
      name: 'RollbackRequest',
      contract: RollbackRequest,
      meanings: ROLLBACK_REQUEST,
      examples: [example.rollbackRequest, example.rollbackToVersion],
    },
    answers: [
      accepted,
      {
        status: 200,
        means: 'With `dryRun`: the plan, or why it would be refused.',
        content: {
          name: 'DryRun',
          contract: DryRun,
          example: {
            decision: 'refused',
            refusal: { code: 'target-is-current', message: 'Every host already runs 1.4.1 (8f2c1d4): nothing to roll back.' },
          },
        },
      },
    ],
    problems: [...READING, 'ApplicationUnknown', 'IdempotencyConflict', 'StrategyImpossible'],
  },
  {
    id: 'undoRollback',
    method: 'POST',
    path: '/rollbacks/{rollbackId}/undo',
    tag: 'Rollbacks',
    summary: 'Undo a rollback that is over',
    description:
      'Starts a rollback to what ran before. For one that succeeded or is unresolved. One that restored a database is not undone by it (409 `NothingToUndo`), as what was written since would be lost: its report says how by hand. The same request again answers the same rollback.',
    callers: OPERATOR,
    idempotent: true,
    body: decisionBody,
    answers: [accepted],
    problems: [...READING, 'RollbackUnknown', 'NothingToUndo', 'IdempotencyConflict'],
  },
  {
    id: 'listRollbacks',
    method: 'GET',
    path: '/rollbacks',
    tag: 'Rollbacks',
    summary: 'Search the log',
    description:
      'By exactly one of application, status, actor or day, newest first. One that was asked for within the last second may be missing.',
    callers: ALL,
    query: {
      name: 'RollbackQuery',
      contract: RollbackQuery,
      meanings: ROLLBACK_QUERY,
      examples: [{ application: 'ad-mint-ai', from: '2026-11-01T00:00:00Z', limit: 5 }],
    },
    answers: [
      {
        status: 200,
        means: 'One page. `cursor` leads to the next; null: there is none.',
        content: { name: 'Rollbacks', contract: Rollbacks, example: { rollbacks: [example.rollback], cursor: null } },
      },
    ],
    problems: ['invalid-input', 'CursorInvalid', 'ApplicationUnknown'],
  },
  {
    id: 'getRollback',
    method: 'GET',
    path: '/rollbacks/{rollbackId}',
    tag: 'Rollbacks',
    summary: 'Read a rollback',
    description: 'The header of its log entry as it is now.',
    callers: ALL,
    answers: [
      { status: 200, means: 'The rollback.', content: { name: 'Rollback', contract: Rollback, example: example.rollback } },
    ],
    problems: ['RollbackUnknown'],
  },
  {
    id: 'listEvents',
    method: 'GET',
    path: '/rollbacks/{rollbackId}/events',
    tag: 'Rollbacks',
    summary: 'Read the events',
    description:
      'What happened, in the order it was written. Each event has the hash of the one before. To follow a rollback, ask again with `after`.',
    callers: ALL,
    query: { name: 'EventsPage', contract: EventsPage, meanings: EVENTS_QUERY, examples: [{ after: 0, limit: 100 }] },
    answers: [
      {
        status: 200,
        means: 'The events. `after` is what to ask with next.',
        content: { name: 'Events', contract: Events, example: { events: [example.rollbackEvent], after: 1 } },
      },
    ],
    problems: ['invalid-input', 'RollbackUnknown'],
  },
  {
    id: 'getPlan',
    method: 'GET',
    path: '/rollbacks/{rollbackId}/plan',
    tag: 'Rollbacks',
    summary: 'Read the plan',
    description: 'What was decided before anything changed, and on what: read it before you approve.',
    callers: ALL,
    answers: [
      {
        status: 200,
        means:
          'The plan; null: there is none yet, or the rollback was refused. `objects`: what has to change in the bucket; null: not compared yet, or not touched.',
        content: { name: 'PlanOrNone', contract: PlanOrNone, example: { plan, objects: null } },
      },
    ],
    problems: ['RollbackUnknown'],
  },
  {
    id: 'getReport',
    method: 'GET',
    path: '/rollbacks/{rollbackId}/report',
    tag: 'Rollbacks',
    summary: "Read the log entry after the runbook's template",
    description:
      'Markdown: the template, hosts, timeline, post-rollback checklist (or what to do, when nothing was rolled back), and whether the log is intact.',
    callers: ALL,
    answers: [
      {
        status: 200,
        means: 'The report.',
        headers: { 'x-log-chain': '`intact`: no event was changed, added or cut off. `broken`: one was.' },
      },
    ],
    problems: ['RollbackUnknown'],
  },
  {
    id: 'addNotes',
    method: 'PATCH',
    path: '/rollbacks/{rollbackId}',
    tag: 'Rollbacks',
    summary: 'Add impact, resolution, follow-up',
    description: 'The header shows the latest words. The events keep all of them, with who wrote them.',
    callers: OPERATOR,
    body: { name: 'RollbackNotes', contract: RollbackNotes, meanings: ROLLBACK_NOTES, examples: [example.notes] },
    answers: [
      {
        status: 200,
        means: 'Noted.',
        content: { name: 'Rollback', contract: Rollback, example: { ...example.rollback, ...example.notes } },
      },
    ],
    problems: [...READING, 'RollbackUnknown'],
  },
  {
    id: 'approveRollback',
    method: 'POST',
    path: '/rollbacks/{rollbackId}/approve',
    tag: 'Decisions',
    summary: 'Approve a rollback that waits for it',
    description: 'Never the one who asked for it. Where the plan loses data, `acknowledgeDataLoss` has to be true.',
    callers: ['approver'],
    body: approvalBody,
    answers: [decided('approved', 'It goes on.')],
    problems: [
      ...READING,
      'RollbackUnknown',
      'ApproverIsRequester',
      'NotAwaitingApproval',
      'DataLossNotAcknowledged',
      'AlreadyDecided',
      'PlanExpired',
      'TokenSpent',
    ],
  },
  {
    id: 'rejectRollback',
    method: 'POST',
    path: '/rollbacks/{rollbackId}/reject',
    tag: 'Decisions',
    summary: 'Reject a rollback that waits for an approval',
    description: 'It ends as `rejected`, and nothing is changed.',
    callers: ['operator', 'approver'],
    body: decisionBody,
    answers: [decided('rejected', 'It ends.')],
    problems: [...READING, 'RollbackUnknown', 'NotAwaitingApproval', 'AlreadyDecided', 'TokenSpent'],
  },
  {
    id: 'cancelRollback',
    method: 'POST',
    path: '/rollbacks/{rollbackId}/cancel',
    tag: 'Decisions',
    summary: 'Stop a rollback at the next safe point',
    description:
      'Before the next host command. What was changed by then is undone. While the application is watched after the change, it ends as `unresolved` and the hosts stay on the target.',
    callers: OPERATOR,
    body: decisionBody,
    answers: [decided('cancel-requested', 'It stops at the next safe point.')],
    problems: [...READING, 'RollbackUnknown', 'RollbackOver', 'TokenSpent'],
  },
];
