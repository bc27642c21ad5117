/**
 * Every shape that crosses a border of this service: manifest, releases, requests, the rollback log, plans and the payloads
 * between state machine steps. One source for types, HTTP validation, the OpenAPI page and the step inputs; a file a topic, so that
 * a bundle holds only what its function reads.
 * Times are ISO 8601 UTC strings; durations are texts such as `30s`, `15m`, `4h`, `2d`.
 */
export * from './contracts/backups.ts';
export * from './contracts/database.ts';
export * from './contracts/events.ts';
export * from './contracts/frontend.ts';
export * from './contracts/manifest.ts';
export * from './contracts/manifest-input.ts';
export * from './contracts/observations.ts';
export * from './contracts/plan.ts';
export * from './contracts/queries.ts';
export * from './contracts/refusals.ts';
export * from './contracts/releases.ts';
export * from './contracts/requests.ts';
export * from './contracts/rollback-events.ts';
export * from './contracts/rollbacks.ts';
export * from './contracts/steps.ts';
export * from './contracts/strategy.ts';
export * from './contracts/waves.ts';
