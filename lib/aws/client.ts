/**
 * What every AWS client of the service is made with. `requestTimeout` alone only warns: `throwOnRequestTimeout` makes it end the
 * request. Three attempts of 8 s stay below a function's time-out of 30 s.
 */
export const clientDefaults = {
  requestHandler: { connectionTimeout: 2000, requestTimeout: 8000, throwOnRequestTimeout: true },
  maxAttempts: 3,
};

/** Whether AWS answered with one of these modelled errors. */
export function isError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** Whether AWS refused a call for its rate alone: nothing was carried out. */
export function isThrottling(error: unknown): boolean {
  return isError(error, 'ThrottlingException', 'Throttling', 'RequestLimitExceeded', 'TooManyRequestsException');
}

/** Whether AWS answered that it did not do it (4xx). A 5xx or no answer at all leaves open whether it was done. */
export function wasRefused(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
}
