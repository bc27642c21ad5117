import { hash } from 'node:crypto';
import type * as z from 'zod';
import { writtenHeaders } from './attributes.ts';
import { objectArn, readDocument, type S3Answer, type S3Call, type S3State, xmlAnswer } from './call.ts';
import { type Checksum, checksumMembers, composeChecksum, sentChecksum } from './checksums.ts';
import { sizeOf } from './contents.ts';
import { fullChecksum } from './digests.ts';
import { completeDocument } from './documents.ts';
import { malformedXml, S3Error } from './errors.ts';
import { findUpload } from './find.ts';
import type { Part, Upload } from './uploads.ts';
import { etagOf, store } from './writes.ts';
import { element } from './xml.ts';

type NamedPart = z.infer<typeof completeDocument>['CompleteMultipartUpload']['Part'][number];

/**
 * Makes one object of the named parts. It was modified when the upload was begun, as in S3. Throws `InvalidPart`,
 * `InvalidPartOrder`, `EntityTooSmall`, `BadDigest`, or as `checkWrite`.
 */
export async function completeUpload(state: S3State, call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(state, call);
  const { Bucket: name, Key: key, IfMatch } = call.input;
  if (IfMatch !== undefined) await call.authorize('s3:GetObject', objectArn(name, key));
  // A checksum in the headers is the object's, not the document's.
  const document = await readDocument(call, completeDocument, { ContentMD5: call.input.ContentMD5 });
  const parts = chooseParts(upload, state.uploads.parts(upload), document.CompleteMultipartUpload.Part, state.minPartBytes);
  const segments = parts.flatMap((part) => part.segments);
  const size = sizeOf(segments);
  refuseOtherSize(size, call.input.MpObjectSize);
  const checksum = await checksumOf(state, upload, parts);
  refuseOtherChecksum(checksum, sentChecksum(call.input));
  // The upload may have been ended while its parts were being read.
  state.uploads.get(state.buckets.get(name), key, upload.id);
  const version = store(state, call, state.buckets.get(name), {
    attributes: upload.attributes,
    tags: upload.tags,
    storageClass: upload.storageClass,
    modified: upload.initiated,
    size,
    etag: `${etagOf(() => partsMd5(parts), upload.attributes.encryption)}-${parts.length}`,
    ...(checksum && { checksum }),
    segments,
  });
  state.uploads.remove(upload);
  const result = { Location: `/${name}/${key}`, Bucket: name, Key: key, ETag: `"${version.etag}"`, ...checksumMembers(checksum) };
  const elements = Object.entries(result).map(([member, value]) => element(member, value));
  const headers = writtenHeaders(state.buckets.get(name), version);
  return xmlAnswer('CompleteMultipartUploadResult', elements.join(''), headers);
}

/** The uploaded parts that the document names, in its order. */
function chooseParts(upload: Upload, uploaded: readonly Part[], named: readonly NamedPart[], minBytes: number): readonly Part[] {
  if (named.length === 0) throw malformedXml();
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  return named.map((wanted, index) => {
    if (index > 0 && wanted.PartNumber <= (named[index - 1]?.PartNumber ?? 0)) {
      throw new S3Error(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      );
    }
    const part = byNumber.get(wanted.PartNumber);
    if (!part || part.etag !== wanted.ETag.replaceAll('"', '')) throw invalidPart(upload, wanted);
    checkPartChecksum(upload, part, wanted);
    if (index < named.length - 1 && part.size < minBytes) throw tooSmall(part, minBytes);
    return part;
  });
}

function checkPartChecksum(upload: Upload, part: Part, wanted: NamedPart): void {
  if (upload.algorithm === undefined) return;
  const sent = wanted[`Checksum${upload.algorithm}`];
  if (sent !== undefined && sent !== part.checksum) throw invalidPart(upload, wanted);
  if (sent !== undefined || upload.checksumType === 'FULL_OBJECT') return;
  const algorithm = upload.algorithm.toLowerCase();
  const message = `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`;
  throw new S3Error('InvalidRequest', message);
}

function invalidPart({ id }: Upload, { PartNumber, ETag }: NamedPart): S3Error {
  const message =
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  return new S3Error('InvalidPart', message, 400, { UploadId: id, PartNumber, ETag });
}

function tooSmall({ number, size, etag }: Part, minBytes: number): S3Error {
  const members = { ProposedSize: size, MinSizeAllowed: minBytes, PartNumber: number, ETag: etag };
  return new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, members);
}

function partsMd5(parts: readonly Part[]): string {
  return hash('md5', Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex'))));
}

async function checksumOf({ contents }: S3State, upload: Upload, parts: readonly Part[]): Promise<Checksum | undefined> {
  const { algorithm, checksumType } = upload;
  if (algorithm !== undefined && checksumType === 'COMPOSITE') {
    const values = parts.map(({ checksum = '' }) => checksum);
    return composeChecksum(algorithm, values);
  }
  const segments = parts.flatMap((part) => part.segments);
  return fullChecksum(contents, segments, algorithm);
}

function refuseOtherSize(size: number, announced: string | undefined): void {
  if (announced === undefined || Number(announced) === size) return;
  const message = `The provided 'x-amz-mp-object-size' header does not match what was computed.`;
  throw new S3Error('InvalidRequest', message);
}

function refuseOtherChecksum(checksum: Checksum | undefined, sent: Checksum | undefined): void {
  if (!sent || sent.value === checksum?.value) return;
  throw new S3Error('BadDigest', `The ${sent.algorithm} you specified did not match the calculated checksum.`);
}
