import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { invalidate } from '../../../lib/aws/cloudfront.ts';
import { servedProblem } from '../../../lib/frontend/served.ts';
import { compareSite } from '../../../lib/frontend/site.ts';
import type { Distribution } from '../../../local/aws/cloudfront/distribution.ts';
import { Engine } from './engine.ts';
import { elsewhere, FrontendWorld } from './world.ts';

let world: FrontendWorld;
beforeAll(async () => {
  world = await FrontendWorld.start();
});
afterAll(() => world.close());

describe.skipIf(elsewhere)('a site behind a distribution', () => {
  let distribution: Distribution;
  beforeAll(async () => {
    distribution = await world.laptop.cloudfront.createDistribution({ id: 'E1', bucket: world.site, originPath: '/site' });
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFRONT', world.laptop.endpoint);
  });

  const visit = async (path: string) => (await fetch(`${distribution.url}/${path}`)).text();

  it('is found stale until its cache was invalidated', async () => {
    const engine = new Engine(world, 'site/');
    const site = { ...engine.source, entryPoints: engine.entryPoints, url: `${distribution.url}/` };
    for (const key of ['index.html', 'a b+c.js']) await world.put(`site/${key}`, `one ${key}`);
    const target = await engine.record('1');
    for (const key of ['index.html', 'a b+c.js', 'new.js']) await world.put(`site/${key}`, `two ${key}`);
    for (const path of ['index.html', 'a%20b%2Bc.js', 'new.js']) await visit(path);
    const { chunks } = await engine.plan(target);
    await engine.restore(chunks);

    const stale = await compareSite(site, engine.folder('apply'));
    expect(stale.checked).toBe(3);
    expect(stale.problems).toEqual([
      expect.stringMatching(
        /\/index\.html serves other bytes than the bucket holds \(x-cache: Hit from cloudfront, age: \d+\)\.$/,
      ),
      expect.stringMatching(/\/a%20b%2Bc\.js serves other bytes/),
    ]);
    const first = await invalidate('E1', ['/*'], 'r-1-apply');
    expect(first.state).toBe('InProgress');
    await vi.waitFor(async () => expect((await invalidate('E1', ['/*'], 'r-1-apply')).state).toBe('Completed'), 5000);
    expect((await invalidate('E1', ['/*'], 'r-1-apply')).id).toBe(first.id);
    expect(await compareSite(site, engine.folder('apply'))).toEqual({ checked: 3, problems: [] });
  });

  it('is told to be too busy by an error that can be retried', async () => {
    const tooMany = {
      code: 'TooManyInvalidationsInProgress',
      message: 'Processing your request will cause you to exceed',
      status: 400,
    };
    world.laptop.faults.inject({ service: 'cloudfront', operation: 'CreateInvalidation', kind: 'error', error: tooMany });
    await expect(invalidate('E1', ['/*'], 'r-2')).rejects.toMatchObject({ name: 'TooManyInvalidations', retryable: true });
  });
});

describe('a bucket', () => {
  it('is found astray where somebody changed it after it was restored', async () => {
    const engine = new Engine(world, 'astray/');
    const site = { ...engine.source, entryPoints: engine.entryPoints };
    for (const key of ['index.html', 'a.js', 'b.js']) await world.put(`astray/${key}`, 'one');
    const target = await engine.record('1');
    for (const key of ['index.html', 'a.js', 'b.js', 'new.js']) await world.put(`astray/${key}`, 'two');
    const { chunks } = await engine.plan(target);
    await engine.restore(chunks);
    expect(await compareSite(site, engine.folder('apply'))).toEqual({ checked: 4, problems: [] });
    await world.put('astray/a.js', 'three');
    await world.put('astray/new.js', 'three');
    const { problems } = await compareSite(site, engine.folder('apply'));
    expect(problems).toEqual([
      'astray/a.js in the bucket is something else than planned.',
      'astray/new.js in the bucket is something else than planned.',
    ]);
  });

  it('of which nothing was planned has only its entry points to look at', async () => {
    const engine = new Engine(world, 'unplanned/');
    const site = { ...engine.source, entryPoints: engine.entryPoints };
    expect(await compareSite(site, engine.folder('undo'))).toEqual({ checked: 1, problems: [] });
  });
});

describe('what is served', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  const serve = async (listener: RequestListener): Promise<string> => {
    const started = createServer(listener).listen(0, '127.0.0.1');
    server = started;
    await new Promise((resolve) => started.once('listening', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}/base`;
  };
  const check = async (key: string, body: string | Uint8Array) => {
    await world.put(`served/${key}`, body as string);
    return { path: key, bucket: world.site, key: `served/${key}` };
  };

  it('is compared byte by byte, as it is stored', async () => {
    const paths: string[] = [];
    const bytes = gzipSync('compressed before it was uploaded');
    const base = await serve(({ url = '', headers }, response) => {
      paths.push(`${headers['accept-encoding']} ${url}`);
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes);
    });
    expect(await servedProblem(base, await check('a/../b//ü +.js', bytes))).toBeNull();
    expect(paths).toEqual(['identity /base/a/../b//%C3%BC%20%2B.js']);
  });

  it('may be wrong twice, as a cache may just have missed', async () => {
    let asked = 0;
    const base = await serve((_, response) => {
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200).end('right');
    });
    expect(await servedProblem(base, await check('late.js', 'right'))).toBeNull();
  });

  it.each([
    [404, {}, 'answered 404 instead of 200'],
    [302, { location: '/login' }, 'answered 302 and leads to /login'],
    [200, { 'x-cache': 'Hit', age: '7' }, 'serves other bytes than the bucket holds (x-cache: Hit, age: 7)'],
  ])('is told when it is wrong: %i', async (status, headers, problem) => {
    const base = await serve((_, response) => response.writeHead(status, headers).end('wrong'));
    expect(await servedProblem(base, await check('wrong.js', 'right'))).toContain(`/base/wrong.js ${problem}`);
  });

  it('is told when nobody answers', async () => {
    const base = await serve((request) => request.socket.destroy());
    expect(await servedProblem(base, await check('none.js', 'right'))).toMatch(/\/base\/none\.js could not be read: ECONNRESET/);
  });
});
