import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './aws/sha256.ts';

/** Keys of a user of the laptop AWS. */
export interface UserKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Calls the HTTP API as one user. */
export interface ApiClient {
  /** Answers the body: an object of a JSON answer, else its text. Throws `ApiError` for any status outside 2xx. */
  // biome-ignore lint/suspicious/noExplicitAny: what a path answers is the caller's to know, as with JSON.parse
  call(method: string, path: string, body?: unknown): Promise<any>;
}

/** An answer outside 2xx; `message` holds the problem as the service words it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;

/** Makes a client that signs every request for `execute-api` with the user's keys. `api` is the API's address without a final slash. */
export function createApiClient(api: string, credentials: UserKeys, region = 'eu-central-1'): ApiClient {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return {
    async call(method, path, body) {
      const url = new URL(api + path);
      const content = body === undefined ? undefined : JSON.stringify(body);
      const { headers } = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { host: url.host, ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
        body: content,
      });
      const init = {
        method,
        headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(content === undefined ? {} : { body: content }),
      };
      return read(await fetch(url, init), `${method} ${path}`);
    },
  };
}

async function read(response: Response, request: string): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) {
    // Where the laptop AWS says more than API Gateway would.
    const reason = response.headers.get('x-laptop-reason');
    throw new ApiError(response.status, `${request} answered ${response.status}: ${text}${reason ? ` (${reason})` : ''}`);
  }
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
}
