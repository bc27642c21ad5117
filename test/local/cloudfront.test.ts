import { randomUUID } from 'node:crypto';
import {
  CreateInvalidationCommand,
  GetDistributionCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Distribution } from '../../local/aws/cloudfront/distribution.ts';
import { testClock } from './fake-call.ts';
import { allow, type S3World, startS3World } from './s3-world.ts';

const clock = testClock();
let world: S3World;
let site: Distribution;
beforeAll(async () => {
  world = await startS3World({ invalidationMs: 1000, now: clock.now });
  site = await world.cloudfront.createDistribution({ id: 'E1', bucket: 'plain', defaultRootObject: 'index.html' });
});
afterAll(() => world.close());

const put = (key: string, body: string, headers: Record<string, string> = {}) => world.s3.seed('plain', [{ key, body, headers }]);
const fetchPath = (path: string, init: RequestInit = {}) => fetch(`${site.url}${path}`, init);
/** `Miss old`: what the cache says of a path. */
const look = async (path: string) => {
  const response = await fetchPath(path);
  return `${response.headers.get('x-cache')?.split(' ')[0]} ${await response.text()}`;
};
const invalidate = (Items: string[], CallerReference: string = randomUUID(), DistributionId = 'E1') => {
  const InvalidationBatch = { CallerReference, Paths: { Quantity: Items.length, Items } };
  return world.distributions().send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }));
};
const status = async (Id: string | undefined) => {
  const answer = await world.distributions().send(new GetInvalidationCommand({ DistributionId: 'E1', Id }));
  return answer.Invalidation?.Status;
};

describe('a distribution', () => {
  it('serves the current objects of its bucket with their headers', async () => {
    put('style.css', 'body {}', { 'content-type': 'text/css', 'cache-control': 'max-age=5', 'content-encoding': 'identity' });
    const response = await fetchPath('/style.css?v=1');
    expect([response.status, await response.text()]).toEqual([200, 'body {}']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/css',
      'cache-control': 'max-age=5',
      'content-encoding': 'identity',
      'content-length': '7',
      'x-cache': 'Miss from cloudfront',
    });
    const head = await fetchPath('/style.css', { method: 'HEAD' });
    expect([head.headers.get('content-length'), head.headers.get('x-cache')]).toEqual(['7', 'Hit from cloudfront']);
    const etag = String(response.headers.get('etag'));
    expect((await fetchPath('/style.css', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const part = await fetchPath('/style.css', { headers: { range: 'bytes=0-3' } });
    expect([part.status, await part.text()]).toEqual([206, 'body']);
  });

  it('knows its root, encoded names and what is not there', async () => {
    put('index.html', 'root');
    put('a b/ü+.txt', 'name');
    expect([await look('/'), await look('/index.html'), await look('/a%20b/%C3%BC+.txt')]).toEqual([
      'Miss root',
      'Hit root',
      'Miss name',
    ]);
    const absent = await fetchPath('/absent');
    expect([absent.status, await absent.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    expect((await fetchPath('/index.html', { method: 'POST' })).status).toBe(403);
  });

  it('shows what it has until its time is over', async () => {
    put('max-age', 'old', { 'cache-control': 'public, max-age=60' });
    put('default', 'old');
    put('never', 'old', { 'cache-control': 'no-cache' });
    put('shared', 'old', { 'cache-control': 'max-age=60, s-maxage=600' });
    put('same', 'old', { 'cache-control': 'max-age=60' });
    const paths = ['/max-age', '/default', '/never', '/shared'];
    await Promise.all([...paths, '/same'].map(look));
    for (const path of paths) put(path.slice(1), 'new', path === '/never' ? { 'cache-control': 'no-cache' } : {});
    clock.forward(59);
    expect(await Promise.all(paths.map(look))).toEqual(['Hit old', 'Hit old', 'Miss new', 'Hit old']);
    expect((await fetchPath('/default')).headers.get('age')).toBe('59');
    clock.forward(2);
    expect(await Promise.all(paths.map(look))).toEqual(['Miss new', 'Hit old', 'Miss new', 'Hit old']);
    expect([await look('/same'), await look('/same')]).toEqual(['RefreshHit old', 'Hit old']);
    clock.forward(24 * 60 * 60);
    expect(await look('/default')).toBe('Miss new');
  });

  it('keeps errors for ten seconds', async () => {
    expect(await look('/late')).toContain('Error');
    put('late', 'here');
    expect(await look('/late')).toContain('Error');
    clock.forward(11);
    expect(await look('/late')).toBe('Miss here');
  });

  it('serves deleted objects that it still has', async () => {
    put('deleted', 'bytes');
    await look('/deleted');
    world.s3.expireVersion('plain', 'deleted', 'null');
    expect(await look('/deleted')).toBe('Hit bytes');
  });

  it('can have an origin path and a page for errors', async () => {
    put('app/shell.html', 'shell');
    const errorResponses = [{ errorCode: 403, responsePagePath: '/shell.html', responseCode: 200 }];
    const options = { id: 'E2', bucket: 'plain', originPath: '/app', errorResponses };
    const app = await world.cloudfront.createDistribution(options);
    const response = await fetch(`${app.url}/any/route`);
    expect([response.status, await response.text()]).toEqual([200, 'shell']);
    expect(response.headers.get('x-cache')).toBe('Error from cloudfront');
  });

  it('describes itself', async () => {
    const { Distribution: told } = await world.distributions().send(new GetDistributionCommand({ Id: 'E1' }));
    expect(told).toMatchObject({ Id: 'E1', Status: 'Deployed', DomainName: new URL(site.url).host });
    expect(told?.DistributionConfig).toMatchObject({
      DefaultRootObject: 'index.html',
      Origins: { Items: [{ DomainName: 'plain.s3.eu-central-1.amazonaws.com', OriginPath: '' }] },
    });
  });
});

describe('an invalidation', () => {
  // Whatever an earlier test left in progress is over.
  beforeEach(() => clock.forward(10));

  it('empties the cache when it is completed, not before', async () => {
    for (const key of ['x/1', 'x/2', 'y']) put(key, 'old');
    const paths = ['/x/1', '/x/2', '/y'];
    await Promise.all(paths.map(look));
    for (const key of ['x/1', 'x/2', 'y']) put(key, 'new');
    const { Invalidation, Location } = await invalidate(['/x/*']);
    expect(Location).toMatch(/distribution\/E1\/invalidation\/I[0-9A-F]{13}$/);
    expect([await status(Invalidation?.Id), await look('/x/1')]).toEqual(['InProgress', 'Hit old']);
    clock.forward(1);
    expect([await status(Invalidation?.Id), ...(await Promise.all(paths.map(look)))]).toEqual([
      'Completed',
      'Miss new',
      'Miss new',
      'Hit old',
    ]);
    await invalidate(['/y']);
    clock.forward(1);
    expect(await look('/y')).toBe('Miss new');
  });

  it('of the same reference is the same one, or refused for other paths', async () => {
    const first = await invalidate(['/a', '/b'], 'same');
    const second = await invalidate(['/b', '/a'], 'same');
    expect(second.Invalidation?.Id).toBe(first.Invalidation?.Id);
    const other = { name: 'InvalidationBatchAlreadyExists', $metadata: { httpStatusCode: 400 } };
    await expect(invalidate(['/c'], 'same')).rejects.toMatchObject(other);
  });

  it('is one of 15 with a wildcard at most', async () => {
    for (let count = 0; count < 15; count += 1) await invalidate([`/w${count}/*`]);
    await expect(invalidate(['/w/*'])).rejects.toMatchObject({ name: 'TooManyInvalidationsInProgress' });
    await invalidate(['/single']);
    clock.forward(1);
    await invalidate(['/w/*']);
  });

  it.each([[['no-slash']], [['/a*b']], [[]]])('of %j is refused', async (paths) => {
    await expect(invalidate(paths)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  it('is listed, newest first', async () => {
    const { Invalidation } = await invalidate(['/listed']);
    const answer = await world.distributions().send(new ListInvalidationsCommand({ DistributionId: 'E1', MaxItems: 1 }));
    expect(answer.InvalidationList).toMatchObject({ IsTruncated: true, Items: [{ Id: Invalidation?.Id, Status: 'InProgress' }] });
  });

  it('and its distribution must be there', async () => {
    await expect(invalidate(['/a'], 'x', 'E9')).rejects.toMatchObject({ name: 'NoSuchDistribution' });
    await expect(status('I0')).rejects.toMatchObject({ name: 'NoSuchInvalidation' });
  });
});

describe('a caller', () => {
  const arn = 'arn:aws:cloudfront::123456789012:distribution/E1';

  it('needs a permission on the distribution', async () => {
    const get = (statements: object[]) => world.distributions(statements).send(new GetDistributionCommand({ Id: 'E1' }));
    await get([allow('cloudfront:GetDistribution', arn)]);
    const refused = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
    await expect(get([allow('cloudfront:GetDistribution', arn.replace('E1', 'E2'))])).rejects.toMatchObject(refused);
  });

  it('may sign for us-east-1, where CloudFront is', async () => {
    await world.distributions(undefined, 'us-east-1').send(new GetDistributionCommand({ Id: 'E1' }));
  });

  it('can be struck by a fault', async () => {
    const error = { code: 'Throttling', message: 'Rate exceeded', status: 400 };
    world.faults.inject({ service: 'cloudfront', operation: 'CreateInvalidation', kind: 'error', error });
    await expect(invalidate(['/a'])).rejects.toMatchObject({ name: 'Throttling' });
    await invalidate(['/a']);
  });
});
