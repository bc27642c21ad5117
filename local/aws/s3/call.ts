import type { Readable } from 'node:stream';
import type * as z from 'zod';
import type { WireAnswer } from '../http.ts';
import type { Buckets } from './buckets.ts';
import { verifyBody } from './checksums.ts';
import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { malformedXml } from './errors.ts';
import type { S3Request } from './request.ts';
import type { Uploads } from './uploads.ts';
import type { Versions } from './versions.ts';
import { document, readXml } from './xml.ts';

/** IAM condition keys. */
export type Conditions = Readonly<Record<string, string | readonly string[]>>;

/** One decoded call of a known caller. */
export interface S3Call extends S3Request {
  /** Throws `AccessDenied` unless the caller's policies allow the action on the resource. */
  authorize(action: string, resource: string, conditions?: Conditions): Promise<void>;
}

/** What an operation answers; 200 unless told. Headers that are `undefined` are left out. */
export interface S3Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array | Readable;
}

export type S3Operation = (call: S3Call) => Promise<S3Answer>;
export type S3Operations = Readonly<Record<string, S3Operation>>;

/** What the operations work on. */
export interface S3State {
  readonly database: Database;
  readonly buckets: Buckets;
  readonly versions: Versions;
  readonly contents: Contents;
  readonly uploads: Uploads;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The largest source of CopyObject and of one UploadPartCopy; 5 GiB in S3. */
  readonly maxCopyBytes: number;
  /** The smallest part but the last; 5 MiB in S3. */
  readonly minPartBytes: number;
}

export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;
export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;

/** An answer with a document; `elements` are written already. */
export function xmlAnswer(root: string, elements: string, headers: S3Answer['headers'] = {}): S3Answer {
  return { headers: { 'content-type': 'application/xml', ...headers }, body: document(root, elements, NAMESPACE) };
}

/**
 * Reads the document of a call. Throws `MalformedXML`, or `BadDigest` when it is not the one that `digests`, the call's own
 * unless told, are of.
 */
export async function readDocument<Schema extends z.ZodType>(
  call: S3Call,
  schema: Schema,
  digests: Partial<S3Call['input']> = call.input,
): Promise<z.infer<Schema>> {
  await verifyBody(call.body, digests);
  const read = readXml(call.body, schema);
  if (read === undefined) throw malformedXml();
  return read;
}

/** The answer as it goes over the wire. */
export function wireAnswer({ status = 200, headers = {}, body = '' }: S3Answer, requestId: string): WireAnswer {
  const given = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
  const common = { server: 'AmazonS3', 'x-amz-request-id': requestId, 'x-amz-id-2': `laptop/${requestId}` };
  return { status, headers: { ...common, ...Object.fromEntries(given) }, body };
}
