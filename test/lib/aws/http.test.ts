import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observeFlow } from '../../../lib/aws/http.ts';

const PAGES: Record<string, RequestListener> = {
  '/good': (_request, response) => response.end('Grüße from the shop'),
  '/broken': (_request, response) => response.writeHead(500).end('oops'),
  '/moved': (_request, response) => response.writeHead(302, { location: '/good' }).end(),
  '/loop': (_request, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/large': (_request, response) => response.end(`${'x'.repeat(3 * 1024 * 1024)}needle`),
  '/slow': () => undefined,
  '/stuck': (_request, response) => response.write('begins'),
  '/cut': (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('begins');
    setTimeout(() => response.destroy(), 20);
  },
};

let server: Server;
let origin: string;
const observe = (path: string, expected: { status?: number; contains?: string } = {}) =>
  observeFlow({ url: `${origin}${path}`, status: 200, ...expected });

beforeAll(async () => {
  server = createServer((request, response) => PAGES[request.url ?? '']?.(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('observing a flow', () => {
  it('is good with the status and text that are expected', async () => {
    expect(await observe('/good', { contains: 'Grüße' })).toEqual({
      url: `${origin}/good`,
      good: true,
      status: 200,
      problem: null,
    });
    expect(await observe('/broken', { status: 500 })).toMatchObject({ good: true, status: 500 });
  });

  it('tells what is wrong', async () => {
    expect(await observe('/broken')).toMatchObject({ good: false, status: 500, problem: 'answered 500 instead of 200' });
    expect(await observe('/good', { contains: 'bye' })).toMatchObject({
      good: false,
      status: 200,
      problem: 'does not contain "bye"',
    });
  });

  it('follows redirects, unless one is expected or there are too many', async () => {
    expect(await observe('/moved', { contains: 'shop' })).toMatchObject({ good: true, status: 200 });
    expect(await observe('/moved', { status: 302 })).toMatchObject({ good: true, status: 302 });
    expect(await observe('/loop')).toMatchObject({ good: false, problem: expect.stringContaining('more than 3 times') });
  });

  it('reads 1 MB of a page, not more', async () => {
    const problem = 'does not contain "needle" in its first 1 MB';
    expect(await observe('/large', { contains: 'needle' })).toMatchObject({ good: false, problem });
    expect(await observe('/large')).toMatchObject({ good: true });
  });

  it('takes a site that can not be reached for an observation', async () => {
    const closed = await observeFlow({ url: 'http://127.0.0.1:1/', status: 200 });
    expect(closed).toMatchObject({ good: false, status: null, problem: expect.stringContaining('could not be reached') });
    expect(await observe('/cut', { contains: 'ends' })).toMatchObject({ good: false, status: 200 });
  });

  it('waits 5 s, for the answer and for its end', async () => {
    const [slow, stuck] = await Promise.all([observe('/slow'), observe('/stuck', { contains: 'ends' })]);
    expect(slow).toMatchObject({ good: false, status: null, problem: 'did not answer within 5 s' });
    expect(stuck).toMatchObject({ good: false, status: 200, problem: 'did not answer within 5 s' });
  }, 10_000);
});
