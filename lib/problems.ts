/** RFC 9457 problem details: what every error of the HTTP API looks like. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { $ZodError } from 'zod/v4/core';
import { RequestError, RollbackServiceError } from './errors.ts';

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
  /** For input that breaks a rule: which field, which rule. */
  errors: z.optional(z.array(z.object({ field: z.string(), rule: z.string() }))),
});
export type Problem = z.infer<typeof Problem>;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Limits of what is counted; where nothing is, the value itself has them. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

const tooBig = ({ origin, maximum }: Pick<z.core.$ZodIssueTooBig, 'origin' | 'maximum'>): string => {
  if (!UNITS[origin]) return `must be at most ${maximum}`;
  return `must not ${origin === 'string' ? 'be longer' : 'have more'} than ${maximum} ${UNITS[origin]}`;
};

const tooSmall = ({ origin, minimum }: Pick<z.core.$ZodIssueTooSmall, 'origin' | 'minimum'>): string => {
  if (!UNITS[origin]) return `must be at least ${minimum}`;
  return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} ${UNITS[origin]}`;
};

/**
 * The rule that a value breaks, in plain words: pass it as `error` when parsing what a caller sent. A contract's own words come before
 * these; undefined leaves it to zod's.
 */
export const brokenRule: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is required' : `must be one of ${issue.values.join(', ')}`;
    case 'too_big':
      return tooBig(issue);
    case 'too_small':
      return tooSmall(issue);
    case 'invalid_key':
      return `its name ${issue.issues.map(({ message }) => message).join(', ')}`;
    default:
      return undefined;
  }
};

/** Zod reports unknown fields on the object that holds them; callers are told each by its own name. */
const fieldErrors = (issues: readonly z.core.$ZodIssue[]): { field: string; rule: string }[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), rule: 'unknown field: leave it out' }))
      : { field: issue.path.join('.') || '(body)', rule: issue.message },
  );

const describe = (error: unknown): Omit<Problem, 'requestId'> => {
  if (error instanceof $ZodError)
    return {
      type: 'invalid-input',
      title: 'The input breaks a rule',
      status: 400,
      detail: 'Correct the fields named in errors and send the request again.',
      errors: fieldErrors(error.issues),
    };
  if (error instanceof RequestError) return { type: error.name, title: error.title, status: error.status, detail: error.message };
  if (error instanceof RollbackServiceError && error.retryable)
    return { type: error.name, title: 'Try again', status: 503, detail: error.message };
  // Errors of middy's own middlewares (wrong content type, broken JSON, unknown route) carry a status and are safe to show.
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 415)
    return {
      type: 'unsupported-media-type',
      title: 'The body is not JSON',
      status: 415,
      detail: 'Send the body as JSON, with the header content-type: application/json.',
    };
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500)
    return {
      type: 'bad-request',
      title: 'The request cannot be read',
      status: error.statusCode === 422 ? 400 : error.statusCode,
      detail: `${error.message.replace(/\.?$/, '.')} Send one JSON object, as the reference of this route shows it.`,
    };
  return {
    type: 'internal-error',
    title: 'Something broke on our side',
    status: 500,
    detail:
      'Nothing more can be said here; the log has the request id. Send it again, with the Idempotency-Key that it had; without one, look at what is on record first.',
  };
};

/** The problem+json answer for any error; unknown ones say nothing of their inside. */
export const problemAnswer = (error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 => {
  const problem = describe(error);
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify({ ...problem, requestId } satisfies Problem),
  };
};
