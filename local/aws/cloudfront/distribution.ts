import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendAnswer, type WireAnswer } from '../http.ts';
import { type S3Answer, wireAnswer } from '../s3/call.ts';
import { asS3Error, errorDocument, S3Error } from '../s3/errors.ts';
import type { S3Service } from '../s3/s3.ts';
import type { ObjectVersion } from '../s3/versions.ts';
import { ACCOUNT_ID, AwsError } from '../service.ts';
import { decodePath, EdgeCache, ERROR_TTL, ttlOf } from './edge-cache.ts';
import { Invalidations } from './invalidations.ts';

/** Shows the page of another path in place of an error. */
export interface ErrorResponse {
  /** 403 or 404. */
  readonly errorCode: number;
  /** `/index.html`, as single-page applications have it. */
  readonly responsePagePath: string;
  /** What the viewer gets; the error itself unless told. */
  readonly responseCode?: number;
}

export interface DistributionOptions {
  readonly id: string;
  readonly bucket: string;
  /** `/folder` of the bucket that is served; all of it unless told. */
  readonly originPath?: string;
  /** What `/` shows. */
  readonly defaultRootObject?: string;
  readonly errorResponses?: readonly ErrorResponse[];
  /** Seconds for which an error is kept; 10 unless told. */
  readonly errorTtl?: number;
  /** 0, any free one, unless told. */
  readonly port?: number;
}

export interface Distribution {
  readonly id: string;
  readonly arn: string;
  readonly options: DistributionOptions;
  readonly created: Date;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly invalidations: Invalidations;
  close(): Promise<void>;
}

/** What an edge keeps of a path: the object's version, whose bytes stay with S3, or an error. */
type Kept = ObjectVersion | S3Error;

/** An answer of the cache: what it has, and how it came by it. */
interface Found {
  readonly kept: Kept;
  readonly from: 'Hit' | 'Miss' | 'RefreshHit';
  /** Seconds since it was cached. */
  readonly age: number;
}

interface Edge {
  readonly options: DistributionOptions;
  readonly s3: Pick<S3Service, 'currentObject' | 'readObject'>;
  readonly cache: EdgeCache<Kept>;
  readonly invalidations: Invalidations;
  readonly now: () => number;
}

/** Serves the current objects of a bucket on a port of its own, through a cache that only time and invalidations empty. */
export async function openDistribution(
  options: DistributionOptions,
  { s3, now, invalidationMs }: { readonly s3: Edge['s3']; readonly now: () => number; readonly invalidationMs: number },
): Promise<Distribution> {
  const cache = new EdgeCache<Kept>();
  const invalidations = new Invalidations({ now, durationMs: invalidationMs, carryOut: (paths) => cache.invalidate(paths) });
  const edge = { options, s3, cache, invalidations, now };
  const server = createServer((request, response) => void respond(edge, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    id: options.id,
    arn: `arn:aws:cloudfront::${ACCOUNT_ID}:distribution/${options.id}`,
    options,
    created: new Date(now()),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invalidations,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(edge: Edge, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await sendAnswer(response, answer(edge, request));
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(502).end();
  }
}

function answer(edge: Edge, request: IncomingMessage): WireAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const message = 'This distribution is not configured to allow the HTTP request method that was used for this request.';
    return errorAnswer(new S3Error('MethodNotAllowed', message, 403), request);
  }
  edge.invalidations.settle();
  const path = decodePath((request.url ?? '/').split('?')[0] ?? '/');
  const found = lookUp(edge, path === '/' ? `/${edge.options.defaultRootObject ?? ''}` : path);
  return found.kept instanceof S3Error ? customError(edge, found.kept, request) : objectAnswer(edge, found.kept, found, request);
}

function lookUp(edge: Edge, path: string): Found {
  const { cache, now } = edge;
  const cached = cache.get(path);
  const age = cached ? Math.floor((now() - cached.cachedAt) / 1000) : 0;
  if (cached && now() - cached.cachedAt < cached.ttlMs) return { kept: cached.content, from: 'Hit', age };
  const kept = askOrigin(edge, path);
  const ttl = kept instanceof S3Error ? (edge.options.errorTtl ?? ERROR_TTL) : ttlOf(kept.attributes.headers, now());
  cache.put(path, { content: kept, cachedAt: now(), ttlMs: ttl * 1000 });
  const isSame = cached && 'etag' in cached.content && 'etag' in kept && cached.content.etag === kept.etag;
  return { kept, from: isSame ? 'RefreshHit' : 'Miss', age: 0 };
}

/** Through origin access control, which may not list the bucket, an absent object can't be told from a forbidden one. */
function askOrigin({ s3, options }: Edge, path: string): Kept {
  try {
    const current = s3.currentObject(options.bucket, `${options.originPath ?? ''}${path}`.slice(1));
    return current ?? new S3Error('AccessDenied', 'Access Denied', 403);
  } catch (error) {
    if (error instanceof AwsError) return asS3Error(error);
    throw error;
  }
}

function objectAnswer(
  edge: Edge,
  version: ObjectVersion,
  { from, age }: Omit<Found, 'kept'>,
  request: IncomingMessage,
): WireAnswer {
  const { headers, method } = request;
  const conditions = {
    IfMatch: headers['if-match'],
    IfNoneMatch: headers['if-none-match'],
    IfModifiedSince: headers['if-modified-since'],
    IfUnmodifiedSince: headers['if-unmodified-since'],
  };
  try {
    const read = edge.s3.readObject(edge.options.bucket, version, { conditions, range: headers.range, withChecksum: false });
    const cacheHeaders = { 'x-cache': `${from} from cloudfront`, ...(from === 'Hit' && { age: String(age) }) };
    const shown: S3Answer = { ...read, headers: { ...read.headers, ...cacheHeaders } };
    return wireAnswer(method === 'HEAD' ? { ...shown, body: '' } : shown, 'laptop');
  } catch (error) {
    if (error instanceof AwsError) return errorAnswer(asS3Error(error), request);
    throw error;
  }
}

function customError(edge: Edge, error: S3Error, request: IncomingMessage): WireAnswer {
  const custom = edge.options.errorResponses?.find(({ errorCode }) => errorCode === error.status);
  const page = custom && lookUp(edge, custom.responsePagePath);
  if (!page || page.kept instanceof S3Error) return errorAnswer(error, request);
  const shown = objectAnswer(edge, page.kept, page, request);
  const status = shown.status === 200 ? (custom.responseCode ?? error.status) : shown.status;
  return { ...shown, status, headers: { ...shown.headers, 'x-cache': 'Error from cloudfront' } };
}

function errorAnswer(error: S3Error, { url = '/', method }: IncomingMessage): WireAnswer {
  const headers = { 'content-type': 'application/xml', 'x-cache': 'Error from cloudfront' };
  const body = method === 'HEAD' ? '' : errorDocument(error, url, 'laptop');
  return wireAnswer({ status: error.status, headers, body }, 'laptop');
}
