import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { eachOf } from '../../at-once.ts';
import type { ObjectHead } from '../../domain/frontend/likeness.ts';
import { type Copy, type Created, conditionOf, copySource, createdBy, givenAgain, quoted } from './changes.ts';
import { client, patiently, within } from './client.ts';

export const PART_BYTES = 512 * 1024 ** 2;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 16;
/** Of one part, and of putting them together. */
const PART_MS = 120_000;

export type CopyInParts = Copy & {
  /** The source: an upload in parts takes no metadata over. */
  readonly head: ObjectHead;
  /** The source's tags, as a query. */
  readonly tags: string;
  readonly partBytes: number;
};

type Upload = { readonly Bucket: string; readonly Key: string; readonly UploadId: string };

/**
 * Copies a version of any size. What it made so far is given up when it fails, so that nothing is left but what was there. Throws S3's
 * error; only the last request, which makes the object, is never repeated.
 */
export async function copyInParts(copy: CopyInParts): Promise<Created> {
  const upload = await begin(copy);
  try {
    const parts = await eachOf(rangesOf(copy), PARTS_AT_ONCE, (range, index) => copyPart(copy, upload, range, index + 1));
    const request = new CompleteMultipartUploadCommand({
      ...upload,
      ...conditionOf(copy.before),
      MultipartUpload: { Parts: parts },
    });
    const { VersionId, ETag } = await client.send(request, within(PART_MS));
    return createdBy(VersionId, ETag);
  } catch (error) {
    await abort(upload);
    throw error;
  }
}

async function begin({ to, head, tags, lost }: CopyInParts): Promise<Upload> {
  const { ExpiresString, ...headers } = head.headers;
  const address = { Bucket: to.bucket, Key: to.key };
  const request = new CreateMultipartUploadCommand({
    ...address,
    ...headers,
    ...givenAgain(lost),
    Metadata: { ...head.metadata },
    ...(ExpiresString !== undefined && { Expires: new Date(ExpiresString) }),
    ...(tags !== '' && { Tagging: tags }),
  });
  const { UploadId = '' } = await patiently(() => client.send(request, within()));
  return { ...address, UploadId };
}

/** Inclusive ranges of bytes. */
function rangesOf({ source: { size }, partBytes }: CopyInParts): string[] {
  const length = Math.max(partBytes, Math.ceil(size / MOST_PARTS));
  const count = Math.ceil(size / length);
  return Array.from({ length: count }, (_, part) => `bytes=${part * length}-${Math.min(size, (part + 1) * length) - 1}`);
}

async function copyPart({ source }: CopyInParts, upload: Upload, range: string, number: number): Promise<CompletedPart> {
  const request = new UploadPartCopyCommand({
    ...upload,
    PartNumber: number,
    CopySource: copySource(source),
    CopySourceRange: range,
    CopySourceIfMatch: quoted(source.etag),
  });
  const { CopyPartResult } = await patiently(() => client.send(request, within(PART_MS)));
  return { PartNumber: number, ETag: CopyPartResult?.ETag };
}

/** Parts that stay behind cost money until a lifecycle rule takes them; the failure that led here matters more. */
async function abort(upload: Upload): Promise<void> {
  await client.send(new AbortMultipartUploadCommand(upload), within()).catch(() => undefined);
}
