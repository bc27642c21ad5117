import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaptopAws } from '../../local/aws/laptop.ts';
import type { User } from '../../local/aws/users.ts';
import { startSmallService } from './package-folder.ts';
import { type SignedRequest, signedFetch } from './signed-fetch.ts';

let aws: LaptopAws;
beforeAll(async () => {
  aws = await startSmallService();
});
afterAll(() => aws.close());

const call = (user: User, path: string, more: Partial<SignedRequest> = {}) =>
  signedFetch(`${aws.endpoint}${path}`, { service: 'execute-api', credentials: aws.credentials(user), ...more });
const status = async (user: User, method: string, path: string) => (await call(user, path, { method })).status;

it('gives the function an event of payload format 2.0', async () => {
  const response = await call('operator', '/applications/ad%20mint/rollbacks?dryRun=true&a=1&a=2', {
    method: 'POST',
    body: '{"strategy":"code"}',
    headers: { 'content-type': 'application/json', 'Idempotency-Key': 'k1', cookie: 'a=1; b=2' },
  });
  const { event } = (await response.json()) as { event: object };
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'POST /applications/{application}/rollbacks',
    rawPath: '/applications/ad mint/rollbacks',
    rawQueryString: 'dryRun=true&a=1&a=2',
    queryStringParameters: { dryRun: 'true', a: '1,2' },
    pathParameters: { application: 'ad mint' },
    cookies: ['a=1', 'b=2'],
    headers: { 'idempotency-key': 'k1', 'content-type': 'application/json' },
    requestContext: {
      stage: '$default',
      http: { method: 'POST', path: '/applications/ad mint/rollbacks' },
      authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/operator', accountId: '123456789012' } },
    },
    body: '{"strategy":"code"}',
    isBase64Encoded: false,
  });
});

describe('a user', () => {
  it.each<[User, string, string, number]>([
    ['viewer', 'GET', '/rollbacks/1', 200],
    ['viewer', 'POST', '/rollbacks/1/cancel', 403],
    ['operator', 'POST', '/rollbacks/1/cancel', 200],
    ['operator', 'POST', '/rollbacks/1/approve', 403],
    ['approver', 'POST', '/rollbacks/1/approve', 200],
    ['approver', 'POST', '/rollbacks/1/cancel', 403],
    ['admin', 'POST', '/rollbacks/1/approve', 200],
    ['admin', 'GET', '/nothing/here', 404],
    ['admin', 'DELETE', '/rollbacks/1', 404],
  ])('%s: %s %s is answered %i', async (user, method, path, expected) => {
    expect(await status(user, method, path)).toBe(expected);
  });
});

it('answers an unsigned request only where the route needs no signature', async () => {
  expect((await fetch(`${aws.endpoint}/health`)).status).toBe(200);
  const refused = await fetch(`${aws.endpoint}/rollbacks/1`);
  expect([refused.status, await refused.json()]).toEqual([403, { message: 'Forbidden' }]);
});

it('refuses a request that was changed after signing', async () => {
  const response = await call('operator', '/applications/a/rollbacks', {
    method: 'POST',
    body: '{"a":1}',
    tamper: (request) => {
      request.body = '{"a":2}';
    },
  });
  expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
});

it('answers 500 without details when the function fails', async () => {
  aws.lambda.inject('worker', { kind: 'throw', errorType: 'Oops', message: 'secret' });
  const response = await call('viewer', '/rollbacks/1');
  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  expect(response.headers.get('x-laptop-reason')).toContain('Oops');
});

it('answers 413 for a body of more than 10 MB', async () => {
  const response = await call('operator', '/applications/a/rollbacks', { method: 'POST', body: 'x'.repeat(11 * 1024 * 1024) });
  expect(response.status).toBe(413);
});
