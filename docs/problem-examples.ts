/** The errors of the HTTP API, made by the service's own errors: status and words are what a caller gets. */
import { RollbackRequest } from '../lib/contracts.ts';
import {
  AlreadyDecided,
  ApplicationUnknown,
  ApproverIsRequester,
  BackupImpossible,
  BackupUnknown,
  CursorInvalid,
  DataLossNotAcknowledged,
  IdempotencyConflict,
  MalformedRequest,
  ManifestMismatch,
  NotAwaitingApproval,
  NothingToUndo,
  PlanExpired,
  ReleaseConflict,
  ReleaseUnknown,
  RollbackOver,
  RollbackUnknown,
  StrategyImpossible,
  TokenSpent,
} from '../lib/errors.ts';
import { brokenRule, Problem, problemAnswer } from '../lib/problems.ts';
import { ROLLBACK_ID } from './examples.ts';

const application = 'ad-mint-ai';
const operator = 'arn:aws:iam::123456789012:user/operator';

/** middy's own errors carry a status. */
const unreadable = (statusCode: number, message: string): Error => Object.assign(new Error(message), { statusCode });

const ERRORS = {
  'invalid-input': RollbackRequest.safeParse({ strategy: 'code', reason: '', dryrun: true }, { error: brokenRule }).error,
  'bad-request': unreadable(400, 'Invalid or malformed JSON was provided'),
  'unsupported-media-type': unreadable(415, 'Unsupported Media Type'),
  MalformedRequest: new MalformedRequest(413, 'The body is larger than 128 KiB.'),
  ApplicationUnknown: new ApplicationUnknown(application),
  ManifestMismatch: new ManifestMismatch(application, 'ad-mint'),
  ReleaseUnknown: new ReleaseUnknown(application, '1.4.9'),
  ReleaseConflict: new ReleaseConflict(application, '1.4.2'),
  StrategyImpossible: new StrategyImpossible(
    `The manifest of ${application} does not have a 'code' section: add it with PUT /applications/${application}, or choose another strategy.`,
  ),
  BackupImpossible: new BackupImpossible(
    `The manifest of ${application} does not have a 'database' section: add it with PUT /applications/${application}.`,
  ),
  BackupUnknown: new BackupUnknown(application, `bk-${application}-20261122T030012Z-5f0c2a91`),
  IdempotencyConflict: new IdempotencyConflict(ROLLBACK_ID),
  RollbackUnknown: new RollbackUnknown(ROLLBACK_ID),
  NothingToUndo: new NothingToUndo(`${ROLLBACK_ID} is refused: only a rollback that succeeded or is unresolved can be undone.`),
  CursorInvalid: new CursorInvalid(),
  ApproverIsRequester: new ApproverIsRequester(ROLLBACK_ID, operator),
  DataLossNotAcknowledged: new DataLossNotAcknowledged(ROLLBACK_ID, 42),
  NotAwaitingApproval: new NotAwaitingApproval(ROLLBACK_ID),
  AlreadyDecided: new AlreadyDecided(ROLLBACK_ID, 'rejected', operator),
  PlanExpired: new PlanExpired(ROLLBACK_ID, '2026-11-22T04:15:00.000Z'),
  TokenSpent: new TokenSpent(undefined),
  RollbackOver: new RollbackOver(ROLLBACK_ID, 'succeeded'),
  'internal-error': new Error(),
} as const;

export type ProblemName = keyof typeof ERRORS;

/** What every operation with a body can answer. */
export const READING = ['invalid-input', 'bad-request', 'unsupported-media-type', 'MalformedRequest'] as const;

/** The body that a caller gets. */
export function problemOf(name: ProblemName): Problem {
  const { body } = problemAnswer(ERRORS[name], 'f3b1c5a2-6a0e-4f4e-9a53-1d2c3b4a5968');
  return Problem.parse(JSON.parse(body ?? ''));
}

/** Every error once. */
export const PROBLEM_NAMES = Object.keys(ERRORS) as readonly ProblemName[];
