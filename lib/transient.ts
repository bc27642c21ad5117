import { RollbackServiceError } from './errors.ts';

/** What SDKs and sockets say of an error. A modelled error of AWS has `$fault`; every answer that came has `$metadata`. */
interface Facts {
  readonly code?: unknown;
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: object;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Refused for the rate of calls, by the names that services use: most of them answer 400, as for a call that is wrong. */
const THROTTLED =
  /^(Throttling(Exception)?|ThrottledException|RequestThrottled(Exception)?|TooManyRequestsException|RequestLimitExceeded|ProvisionedThroughputExceededException|TransactionInProgressException|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete)$/;
/** The SDK's own errors without an answer. */
const UNANSWERED = /^(TimeoutError|RequestTimeout(Exception)?)$/;
/** Node's codes: the name was not found in time, nobody answered, or the connection broke. */
const NETWORK = /^(EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT)$/;

/** Whether the same call may succeed later. What this service throws on purpose says so itself. */
export const isTransient = (error: unknown): error is Error => {
  if (error instanceof RollbackServiceError) return error.retryable;
  if (!(error instanceof Error)) return false;
  const { name, code, $fault, $retryable, $metadata }: Error & Facts = error;
  const status = $metadata?.httpStatusCode ?? 0;
  const blamesServer = $fault === 'server' || status >= 500 || status === 429;
  return $retryable !== undefined || blamesServer || THROTTLED.test(name) || UNANSWERED.test(name) || NETWORK.test(String(code));
};
