import type { LostByCopy } from '../../contracts.ts';

/** What HeadObject tells of an object or version. `headers`: its system metadata; `etag` without quotes. */
export type ObjectHead = {
  readonly versionId: string;
  readonly etag: string;
  readonly size: number;
  /** Such as `CRC64NVME:<base64>`; absent: S3 has none of it. */
  readonly checksum?: string | undefined;
  readonly contentType?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lost: LostByCopy;
};

/**
 * Whether an object is a copy of another, as far as can be told: size and metadata are the same, and so is the content by ETag or
 * checksum. Where neither can be compared, as when a copy of an object in parts is in other parts or encrypted by KMS, size and
 * metadata decide.
 */
export function isCopyOf(copy: ObjectHead, source: ObjectHead): boolean {
  if (copy.size !== source.size || !sameMetadata(copy, source)) return false;
  if (copy.etag === source.etag) return true;
  const [left, right] = [wholeChecksum(copy), wholeChecksum(source)];
  if (left !== null && right !== null && left.algorithm === right.algorithm) return left.value === right.value;
  return !(isDigest(copy) && isDigest(source));
}

function sameMetadata(left: ObjectHead, right: ObjectHead): boolean {
  return sameEntries(left.headers, right.headers) && sameEntries(left.metadata, right.metadata);
}

function sameEntries(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

/** A checksum of the whole content; one of parts ends in their number. */
function wholeChecksum({ checksum }: ObjectHead): { algorithm: string; value: string } | null {
  const [, algorithm, value] = /^([A-Z0-9]+):([^-]+)$/.exec(checksum ?? '') ?? [];
  return algorithm === undefined || value === undefined ? null : { algorithm, value };
}

/** Whether the ETag is the MD5 of the content: not of parts, and not encrypted by a KMS key. */
function isDigest({ etag, lost }: ObjectHead): boolean {
  return /^[0-9a-f]{32}$/.test(etag) && !lost.encryption?.algorithm.startsWith('aws:kms');
}
