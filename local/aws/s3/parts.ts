import { hash } from 'node:crypto';
import { encryptionHeaders } from './attributes.ts';
import { type S3Answer, type S3Call, type S3State, xmlAnswer } from './call.ts';
import { type Checksum, checksumHeaders, checksumMembers, computeChecksum, verifyBody } from './checksums.ts';
import { type Segment, sizeOf, slice } from './contents.ts';
import { findSource } from './copy-source.ts';
import { md5Of } from './digests.ts';
import { invalidArgument, S3Error } from './errors.ts';
import { findUpload } from './find.ts';
import type { Upload } from './uploads.ts';
import { element } from './xml.ts';

const MAX_PARTS = 10_000;

export async function uploadPart(state: S3State, call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(state, call);
  const number = partNumberOf(call);
  const computed = await verifyBody(call.body, { ChecksumAlgorithm: upload.algorithm, ...call.input });
  if (upload.algorithm && upload.algorithm !== computed.algorithm) {
    const types = `expected checksum Type: ${upload.algorithm}, actual checksum Type: ${computed.algorithm}`;
    throw new S3Error('InvalidRequest', `Checksum Type mismatch occurred, ${types}`);
  }
  const checksum = upload.algorithm && computed;
  const etag = hash('md5', call.body);
  const segments = state.contents.add(call.body);
  state.uploads.putPart(upload, { number, modified: state.now(), size: call.body.length, etag, ...kept(checksum), segments });
  const { 'x-amz-checksum-type': _, ...headers } = checksumHeaders(checksum);
  return { headers: { etag: `"${etag}"`, ...headers, ...encryptionHeaders(upload.attributes.encryption) } };
}

/** The part shares its bytes with the source. They are read all the same, for the part's ETag. */
export async function copyPart(state: S3State, call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(state, call);
  const number = partNumberOf(call);
  const { version, bucketRecord } = await findSource(state, call);
  const segments = copiedRange(call.input.CopySourceRange, version.segments, state.maxCopyBytes);
  const checksum = await partChecksum(state, upload, segments);
  const [modified, etag] = [state.now(), md5Of(state.contents, segments)];
  state.uploads.putPart(upload, { number, modified, size: sizeOf(segments), etag, ...kept(checksum), segments });
  const { ChecksumType: _, ...members } = checksumMembers(checksum);
  const result = { ETag: `"${etag}"`, LastModified: new Date(modified), ...members };
  const elements = Object.entries(result).map(([name, value]) => element(name, value));
  return xmlAnswer('CopyPartResult', elements.join(''), {
    ...encryptionHeaders(upload.attributes.encryption),
    'x-amz-copy-source-version-id': bucketRecord.versioning === '' ? undefined : version.versionId,
  });
}

async function partChecksum(
  { contents }: S3State,
  { algorithm }: Upload,
  segments: readonly Segment[],
): Promise<Checksum | undefined> {
  if (algorithm === undefined) return undefined;
  return { algorithm, type: 'FULL_OBJECT', value: await computeChecksum(algorithm, contents.read(segments)) };
}

const kept = (checksum: Checksum | undefined) => (checksum ? { checksum: checksum.value } : {});

function partNumberOf({ input: { PartNumber = '' } }: S3Call): number {
  const number = Number(PartNumber);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS) return number;
  const message = `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`;
  throw invalidArgument(message, 'partNumber', PartNumber);
}

/** The segments of a `bytes=first-last` of the source; both ends must be named and lie within it. */
function copiedRange(range: string | undefined, source: readonly Segment[], limit: number): readonly Segment[] {
  const size = sizeOf(source);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? `bytes=0-${size - 1}`) ?? [];
  if (range !== undefined && (first === undefined || Number(last) >= size || Number(first) > Number(last))) {
    const message = `Range specified is not valid for source object of size: ${size}`;
    throw invalidArgument(message, 'x-amz-copy-source-range', range);
  }
  const copied = range === undefined ? source : slice(source, { start: Number(first), end: Number(last) + 1 });
  if (sizeOf(copied) <= limit) return copied;
  const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${limit}`;
  throw new S3Error('InvalidRequest', message);
}
