/** Requests that the HTTP API refuses, and what each answer has to say. `{a}` in a path stands for the application of the test. */
import type { Sent } from './exchange.ts';

const good = { strategy: 'code', reason: 'a test' };

export interface RefusedRequest {
  readonly what: string;
  /** A start of a rollback unless told. */
  readonly request?: string;
  readonly sent?: Sent;
  readonly status: number;
  /** What the problem has to say: in `errors` where a field breaks a rule, else in `detail`. */
  readonly field?: string;
  readonly says: RegExp;
}

export const REFUSED_REQUESTS: readonly RefusedRequest[] = [
  {
    what: 'an unknown application',
    request: 'POST /applications/nowhere/rollbacks',
    sent: { body: good },
    status: 404,
    says: /no application nowhere.*PUT \/applications\/nowhere/,
  },
  {
    what: 'a strategy without its component',
    sent: { body: { ...good, strategy: 'frontend' } },
    status: 422,
    says: /does not have a 'frontend' section/,
  },
  {
    what: 'an issue whose strategy lacks its component',
    sent: { body: { issue: 'database-issue', reason: 'x' } },
    status: 422,
    says: /does not have a 'database' section/,
  },
  {
    what: 'a time where only a release will do',
    sent: { body: { ...good, target: { time: '2026-01-01T00:00:00Z' } } },
    status: 422,
    says: /goes back to a release, not to a time/,
  },
  { what: 'malformed JSON', sent: { text: '{"strategy": "code", ' }, status: 400, says: /malformed JSON/ },
  {
    what: 'an empty body',
    sent: { text: '', headers: { 'content-type': 'application/json' } },
    status: 400,
    says: /malformed JSON/,
  },
  {
    what: 'another content type',
    sent: { text: JSON.stringify(good), headers: { 'content-type': 'text/plain' } },
    status: 415,
    says: /content-type: application\/json/,
  },
  { what: 'JSON that is no object', sent: { text: '["code"]' }, status: 400, field: '(body)', says: /^must be an object$/ },
  { what: 'an unknown field', sent: { body: { ...good, dryrun: true } }, status: 400, field: 'dryrun', says: /unknown/i },
  {
    what: 'an unknown field inside another',
    sent: { body: { ...good, target: { version: '1.1.0', force: 1 } } },
    status: 400,
    field: 'target.force',
    says: /unknown/i,
  },
  {
    what: 'a field of the wrong type',
    sent: { body: { ...good, dryRun: 'yes' } },
    status: 400,
    field: 'dryRun',
    says: /^must be true or false$/,
  },
  {
    what: 'a strategy that does not exist',
    sent: { body: { ...good, strategy: 'reboot' } },
    status: 400,
    field: 'strategy',
    says: /^must be one of code, frontend, database, configuration, full$/,
  },
  {
    what: 'a version that would be a path',
    sent: { body: { ...good, target: { version: '../../etc' } } },
    status: 400,
    field: 'target.version',
    says: /letters, digits/,
  },
  { what: 'a missing reason', sent: { body: { strategy: 'code' } }, status: 400, field: 'reason', says: /^is required$/ },
  { what: 'a reason of blanks', sent: { body: { ...good, reason: ' \n ' } }, status: 400, field: 'reason', says: /not be empty/ },
  {
    what: 'a strategy and an issue at once',
    sent: { body: { ...good, issue: 'application-bug' } },
    status: 400,
    field: 'strategy',
    says: /either a strategy or an issue/,
  },
  {
    what: 'neither strategy nor issue',
    sent: { body: { reason: 'x' } },
    status: 400,
    field: 'strategy',
    says: /either a strategy or an issue/,
  },
  {
    what: 'a body of 200 KiB',
    sent: { body: { ...good, reason: 'x'.repeat(200 * 1024) } },
    status: 413,
    says: /larger than 128 KiB/,
  },
  {
    what: 'a release with half a commit',
    request: 'POST /applications/{a}/releases',
    sent: { body: { version: '9.9.9', commit: 'abc1234' } },
    status: 400,
    field: 'commit',
    says: /40 hexadecimal/,
  },
  {
    what: 'a release that was deployed "yesterday"',
    request: 'POST /applications/{a}/releases',
    sent: { body: { version: '9.9.9', commit: 'a'.repeat(40), deployedAt: 'yesterday' } },
    status: 400,
    field: 'deployedAt',
    says: /such as 2026/,
  },
  {
    what: 'a release of an unknown application',
    request: 'POST /applications/nowhere/releases',
    sent: { body: { version: '1.0.0', commit: 'a'.repeat(40) } },
    status: 404,
    says: /no application nowhere/,
  },
  {
    what: 'a word on an unknown release',
    request: 'PATCH /applications/{a}/releases/9.9.9',
    sent: { body: { status: 'bad' } },
    status: 404,
    says: /no release 9\.9\.9/,
  },
  {
    what: 'a manifest of another application',
    request: 'PUT /applications/somebody-else',
    sent: { body: { application: 'app', hosts: { tags: { A: 'b' } }, services: { application: ['api'] } } },
    status: 400,
    says: /path names somebody-else, the manifest app/,
  },
  {
    what: 'a manifest with a shell command',
    request: 'PUT /applications/shell',
    sent: { body: { application: 'shell', hosts: { tags: { A: 'b' } }, services: { application: ['api; reboot'] } } },
    status: 400,
    field: 'services.application.0',
    says: /name of a systemd unit/,
  },
  {
    what: 'a query without a filter',
    request: 'GET /rollbacks',
    status: 400,
    field: 'application',
    says: /exactly one of.*\?status=failed/,
  },
  {
    what: 'a query with two filters',
    request: 'GET /rollbacks?application=app-1&status=failed',
    status: 400,
    field: 'application',
    says: /exactly one of/,
  },
  {
    what: 'a query for an unknown application',
    request: 'GET /rollbacks?application=nowhere',
    status: 404,
    says: /no application nowhere/,
  },
  {
    what: 'a page of nothing',
    request: 'GET /rollbacks?status=failed&limit=0',
    status: 400,
    field: 'limit',
    says: /^must be at least 1$/,
  },
  { what: 'a day that is none', request: 'GET /rollbacks?day=2026-02-30', status: 400, field: 'day', says: /such as 2026/ },
  {
    what: 'an unknown rollback',
    request: 'GET /rollbacks/app-1-nothing/report',
    status: 404,
    says: /no rollback app-1-nothing/,
  },
  {
    what: 'a decision without a reason',
    request: 'POST /rollbacks/app-1-nothing/cancel',
    sent: { body: {} },
    status: 400,
    field: 'reason',
    says: /^is required$/,
  },
  {
    what: 'an undo of an unknown rollback',
    request: 'POST /rollbacks/app-1-nothing/undo',
    sent: { body: { reason: 'x' } },
    status: 404,
    says: /no rollback app-1-nothing/,
  },
];
