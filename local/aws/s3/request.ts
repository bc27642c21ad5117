import type { WireRequest } from '../http.ts';
import { decodeChunks } from './chunked.ts';
import { notImplemented, S3Error } from './errors.ts';
import { operationOf } from './routes.ts';

/** Members of an operation's input that are text on the wire, named as in the SDK: `Bucket`, `Key`, `VersionId`, `IfMatch`, … */
export type S3Input = Readonly<Record<string, string | undefined>> & { readonly Bucket: string; readonly Key: string };

/** A decoded request. */
export interface S3Request {
  readonly operation: string;
  readonly input: S3Input;
  /** User metadata by its name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Names of headers and parameters that are remembered. */
const REMEMBERED = 1000;
const METADATA_PREFIX = 'x-amz-meta-';
/** Members that are not simply the header's or parameter's name in another spelling. */
const NAMED: Readonly<Record<string, string>> = {
  'content-md5': 'ContentMD5',
  'x-amz-server-side-encryption-aws-kms-key-id': 'SSEKMSKeyId',
  'x-amz-server-side-encryption-bucket-key-enabled': 'BucketKeyEnabled',
  'x-amz-sdk-checksum-algorithm': 'ChecksumAlgorithm',
  'x-amz-checksum-crc32': 'ChecksumCRC32',
  'x-amz-checksum-crc32c': 'ChecksumCRC32C',
  'x-amz-checksum-crc64nvme': 'ChecksumCRC64NVME',
  'x-amz-checksum-sha1': 'ChecksumSHA1',
  'x-amz-checksum-sha256': 'ChecksumSHA256',
};
/** Headers that ask for what the laptop doesn't have: they must not be passed over. */
const UNSUPPORTED =
  /^x-amz-(?:copy-source-)?server-side-encryption-customer-|^x-amz-(?:object-lock-|write-offset-bytes|rename-source|checksum-(?:md5|sha512|xxhash))/;

/** Decodes a request. Throws `NotImplemented` for an operation or header that the laptop's S3 doesn't have. */
export function decodeRequest(wire: WireRequest): S3Request {
  const { bucket, key } = addressOf(wire);
  const query = parametersOf(wire.query);
  const { body, headers } = decodeChunks(wire);
  const unsupported = Object.keys(headers).find((name) => UNSUPPORTED.test(name));
  if (unsupported !== undefined) throw notImplemented(`The header ${unsupported}`);
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const operation = operationOf(wire.method, { bucket, key, query: Object.keys(query), isCopy });
  return { operation, input: inputOf(query, headers, bucket, key), metadata: metadataOf(headers), body };
}

/** Bucket and key, by path or by a host such as `bucket.localhost`. Throws `InvalidURI`. */
export function addressOf({ path, headers }: WireRequest): { readonly bucket: string; readonly key: string } {
  const virtual = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/.exec(headers.host ?? '')?.[1];
  if (virtual !== undefined) return { bucket: virtual, key: decode(path.slice(1)) };
  const [bucket = '', ...key] = path.slice(1).split('/');
  return { bucket: decode(bucket), key: decode(key.join('/')) };
}

/** Decodes what is percent-encoded. Throws `InvalidURI` for what then is no UTF-8. */
export function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function parametersOf(query: string): Record<string, string> {
  const pairs = query.split('&').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decode(name), decode(value.join('='))] as const;
    }),
  );
}

type Texts = Readonly<Record<string, string>>;

function inputOf(query: Texts, headers: Texts, bucket: string, key: string): S3Input {
  const input: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (!name.startsWith(METADATA_PREFIX)) input[memberOf(name)] = value;
  for (const [name, value] of Object.entries(query)) input[memberOf(name)] = value;
  return { ...input, Bucket: bucket, Key: key };
}

const members = new Map<string, string>();

/** `x-amz-copy-source-if-match` -> `CopySourceIfMatch`, `versionId` -> `VersionId`. */
function memberOf(name: string): string {
  const known = members.get(name);
  if (known !== undefined) return known;
  const words = name.replace(/^x-amz-/, '').split('-');
  const member = NAMED[name] ?? words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  if (members.size < REMEMBERED) members.set(name, member);
  return member;
}

function metadataOf(headers: Texts): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith(METADATA_PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(METADATA_PREFIX.length), value]));
}
