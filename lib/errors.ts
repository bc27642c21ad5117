/**
 * Every error this service throws on purpose. `name` is what a state machine's Catch and Retry match (also in a minified bundle),
 * `retryable` says whether the same call may succeed later, the message says what to do.
 */
export * from './errors/base.ts';
export * from './errors/frontend.ts';
export * from './errors/requests.ts';
export * from './errors/running.ts';
