import type { Answer } from '../../domain/frontend/failure.ts';
import { RollbackServiceError } from '../../errors.ts';

/**
 * What a failed request means. `throttled`: it was not carried out and may be sent again, later. `unclear`: nobody knows whether it
 * was. `condition`: an object is not what the request said it has to be, or not there. `refused`: it never will be carried out.
 */
export type Fault = 'throttled' | 'unclear' | 'condition' | 'refused';

const THROTTLED = ['SlowDown', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'];
/** Refusals that hold for the moment only; 409 is a write of somebody else to the same key under way. */
const PASSING = ['RequestTimeout', 'RequestTimeTooSkewed', 'ConditionalRequestConflict', 'OperationAborted'];
const CONDITION = ['PreconditionFailed', 'NoSuchKey', 'NotFound'];

/** HeadObject answers no error document: its status is all there is. */
const BY_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
};

export function faultOf(error: unknown): Fault {
  const { name } = answerOf(error);
  const status = statusOf(error);
  if (THROTTLED.includes(name) || status === 429) return 'throttled';
  if (PASSING.includes(name)) return 'unclear';
  if (status === undefined) return isPassing(error) ? 'unclear' : 'refused';
  if (status < 300 || status >= 500) return 'unclear';
  return CONDITION.includes(name) ? 'condition' : 'refused';
}

/** What S3 said, with a name even where it answered a status alone. */
export function answerOf(error: unknown): Answer {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const isNameless = /^(\d{3}|Unknown|UnknownError|Error|Forbidden)$/.test(name);
  const known = isNameless ? BY_STATUS[statusOf(error) ?? 0] : undefined;
  return { name: known ?? name, message: /^(UnknownError|Unknown)$/.test(message) ? '' : message };
}

/** The same in a sentence: `AccessDenied (Access Denied)`. */
export function said(error: unknown): string {
  const { name, message } = answerOf(error);
  return message === '' ? name : `${name} (${message.replace(/\.$/, '')})`;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** A defect of this code, or credentials that are missing, is nothing that comes right by asking again. */
function isPassing(error: unknown): boolean {
  if (error instanceof RollbackServiceError) return error.retryable;
  const defects = [TypeError, RangeError, SyntaxError, ReferenceError];
  return !defects.some((defect) => error instanceof defect) && answerOf(error).name !== 'CredentialsProviderError';
}
