import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import { digestOf, digestOfObject } from '../aws/s3/contents.ts';
import { encodeKey } from '../domain/frontend/keys.ts';

/** Without any byte. */
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;
const PAUSE_MS = 1000;

/** What is to be served at a path below the site's address: the bytes of an object's version, or of the current one. */
export type ServedCheck = {
  /** Not encoded. */
  readonly path: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
};

/**
 * Why what is served at a path is not the object, in words; null: it is. Asks for it uncompressed and takes the bytes as they come;
 * asks twice more before it complains, as a cache may just have missed. Never throws for what the site answers, but
 * `ObjectUnreadable` and `StorageUnavailable` for the object itself.
 */
export async function servedProblem(base: string, { path, ...object }: ServedCheck): Promise<string | null> {
  const wanted = await digestOfObject(object);
  for (let attempt = 1; ; attempt += 1) {
    const problem = await differenceTo(wanted, base, path);
    if (problem === null || attempt === ATTEMPTS) return problem;
    await sleep(PAUSE_MS);
  }
}

async function differenceTo(wanted: string, base: string, path: string): Promise<string | null> {
  const address = `${base.replace(/\/$/, '')}/${encodeKey(path)}`;
  try {
    const answer = await get(address);
    const digest = await digestOf(answer);
    const { statusCode = 0, headers } = answer;
    if (statusCode >= 300 && statusCode < 400) return `${address} answered ${statusCode} and leads to ${headers.location}.`;
    if (statusCode !== 200) return `${address} answered ${statusCode} instead of 200${cacheOf(answer)}.`;
    return digest === wanted ? null : `${address} serves other bytes than the bucket holds${cacheOf(answer)}.`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${address} could not be read: ${code ?? message}.`;
  }
}

/** The path goes out as it is: `fetch` would take dots and double slashes away, and decompress what is stored compressed. */
function get(address: string): Promise<IncomingMessage> {
  const { origin, protocol } = new URL(address);
  const options = {
    ...urlToHttpOptions(new URL(origin)),
    path: address.slice(address.indexOf('/', address.indexOf('//') + 2)),
    headers: { 'accept-encoding': 'identity', 'user-agent': 'rollback-service' },
    agent: false,
    timeout: TIMEOUT_MS,
  };
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? overHttps : overHttp)(options, resolve);
    request.once('timeout', () => request.destroy(new Error(`nothing came for ${TIMEOUT_MS / 1000} s`)));
    request.once('error', reject);
    request.end();
  });
}

/** What a cache on the way tells of itself. */
function cacheOf({ headers }: IncomingMessage): string {
  const told = ['x-cache', 'age'].flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]));
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
