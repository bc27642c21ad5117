import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Checksum, SourceData } from '@smithy/types';
import type { Credentials } from '../../local/aws/iam.ts';
import { REGION } from '../../local/aws/service.ts';

class Sha256 implements Checksum {
  readonly #hash;
  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

export interface SignedRequest {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly service: string;
  readonly credentials: Credentials;
  readonly signingDate?: Date;
  /** Changes the request after it is signed. */
  readonly tamper?: (request: { headers: Record<string, string>; body?: string }) => void;
}

/** Fetches `url` with a signature for `service`. */
export async function signedFetch(url: string, request: SignedRequest): Promise<Response> {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({ service: request.service, region: REGION, credentials: request.credentials, sha256: Sha256 });
  const signed = await signer.sign(
    {
      method: request.method ?? 'GET',
      protocol: 'http:',
      hostname,
      path: pathname,
      query: Object.fromEntries([...searchParams.keys()].map((key) => [key, searchParams.getAll(key)])),
      headers: { host: `${hostname}:${port}`, ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
    },
    request.signingDate ? { signingDate: request.signingDate } : {},
  );
  const sent = { headers: { ...signed.headers }, ...(request.body !== undefined && { body: request.body }) };
  request.tamper?.(sent);
  delete sent.headers.host;
  return fetch(url, { method: request.method ?? 'GET', ...sent });
}
