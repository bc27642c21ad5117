import { createHash, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { WireRequest } from './http.ts';
import type { Identity } from './iam.ts';
import { AwsError, REGION } from './service.ts';
import { Sha256 } from './sha256.ts';

const CLOCK_SKEW_MS = 5 * 60_000;

/** Services without regions, and what requests to them are signed for. */
const GLOBAL_REGIONS: Readonly<Record<string, readonly string[]>> = { cloudfront: ['us-east-1'] };

/** What the `Authorization` header of a signed request says. */
export interface SignatureHeader {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  /** The service that the request is signed for. */
  readonly scope: string;
  readonly signedHeaders: ReadonlySet<string>;
  readonly signature: string;
}

/** Reads the `Authorization` header; `undefined` where there is none of Signature Version 4. */
export function parseAuthorization(header: string | undefined): SignatureHeader | undefined {
  if (!header?.startsWith('AWS4-HMAC-SHA256')) return undefined;
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1];
  const [credential, signedHeaders, signature] = [part('Credential'), part('SignedHeaders'), part('Signature')];
  const [accessKeyId, date, region, scope, terminator] = credential?.split('/') ?? [];
  if (!accessKeyId || !date || !region || !scope || terminator !== 'aws4_request' || !signedHeaders || !signature) {
    throw new AwsError('IncompleteSignatureException', `Authorization header is not a complete AWS4-HMAC-SHA256 one: ${header}`);
  }
  return { accessKeyId, date, region, scope, signedHeaders: new Set(signedHeaders.toLowerCase().split(';')), signature };
}

/**
 * Verifies that `request` was signed by the identity its access key belongs to, within five minutes, for this region and with
 * this body. Throws the `AwsError` that AWS answers otherwise.
 */
export async function verifySignature(
  request: WireRequest,
  header: SignatureHeader,
  find: (accessKeyId: string) => Identity | undefined,
): Promise<Identity> {
  const identity = find(header.accessKeyId);
  if (!identity || !tokenMatches(request, identity)) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  const signedAt = signingDate(request, header);
  refuseForeignScope(header);
  refuseForeignBody(request);
  const expected = await sign(request, header, identity, signedAt);
  if (!sameText(expected, header.signature)) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
  return identity;
}

function tokenMatches(request: WireRequest, identity: Identity): boolean {
  const token = request.headers['x-amz-security-token'];
  return identity.sessionToken === undefined
    ? token === undefined
    : token !== undefined && sameText(token, identity.sessionToken);
}

function signingDate(request: WireRequest, header: SignatureHeader): Date {
  const stamp = request.headers['x-amz-date'] ?? '';
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  if (year === undefined)
    throw new AwsError('IncompleteSignatureException', `Date must be in ISO-8601 'basic format'. Got '${stamp}'.`);
  if (!stamp.startsWith(header.date))
    throw invalid('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.');
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const age = Date.now() - date.getTime();
  if (age > CLOCK_SKEW_MS) throw invalid(`Signature expired: ${stamp} is more than 5 min. old`);
  if (age < -CLOCK_SKEW_MS) throw invalid(`Signature not yet current: ${stamp} is more than 5 min. ahead`);
  return date;
}

function refuseForeignScope(header: SignatureHeader): void {
  if (header.region !== REGION && !GLOBAL_REGIONS[header.scope]?.includes(header.region))
    throw invalid(`Credential should be scoped to a valid region: '${REGION}', not '${header.region}'.`);
  if (!header.signedHeaders.has('host')) throw invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

function refuseForeignBody(request: WireRequest): void {
  const claimed = request.headers['x-amz-content-sha256'];
  // A streamed body carries its own digests.
  if (claimed === undefined || claimed === 'UNSIGNED-PAYLOAD' || claimed.startsWith('STREAMING-')) return;
  const actual = createHash('sha256').update(request.body).digest('hex');
  if (claimed !== actual) throw invalid("The provided 'x-amz-content-sha256' header does not match what was computed.");
}

async function sign(request: WireRequest, header: SignatureHeader, identity: Identity, signedAt: Date): Promise<string> {
  const signer = new SignatureV4({
    service: header.scope,
    region: header.region,
    // Without the session token: the signer would add a header that need not be among the signed ones.
    credentials: { accessKeyId: identity.accessKeyId, secretAccessKey: identity.secretAccessKey },
    sha256: Sha256,
    applyChecksum: false,
    // S3 alone signs the path as it stands on the wire.
    uriEscapePath: header.scope !== 's3',
  });
  const headers = Object.entries(request.headers).filter(([name]) => header.signedHeaders.has(name));
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: request.path,
      query: parseQuery(request.query),
      headers: Object.fromEntries(headers),
      body: request.body,
    },
    { signingDate: signedAt, signableHeaders: new Set(header.signedHeaders) },
  );
  return /Signature=([0-9a-f]+)/.exec(signed.headers.authorization ?? '')?.[1] ?? '';
}

function parseQuery(query: string): Record<string, string[]> {
  const parsed: Record<string, string[]> = {};
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', ...value] = pair.split('=');
    const key = decodeURIComponent(name);
    parsed[key] = [...(parsed[key] ?? []), decodeURIComponent(value.join('='))];
  }
  return parsed;
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const invalid = (message: string) => new AwsError('InvalidSignatureException', message, 403);
