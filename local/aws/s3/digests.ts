import { createHash, hash } from 'node:crypto';
import { type Checksum, type ChecksumAlgorithm, computeChecksum } from './checksums.ts';
import { type Contents, isSparse, type Segment } from './contents.ts';

/** MD5 in hexadecimal of the bytes; of what was seeded as a run of zeros, which can be huge, only something as stable. */
export function md5Of(contents: Contents, segments: readonly Segment[]): string {
  if (isSparse(segments)) return hash('md5', JSON.stringify(segments));
  const digest = createHash('md5');
  for (const chunk of contents.read(segments)) digest.update(chunk);
  return digest.digest('hex');
}

/** The checksum of the whole: CRC64NVME, which S3 adds by itself, unless another is asked for; none by itself of runs of zeros. */
export async function fullChecksum(
  contents: Contents,
  segments: readonly Segment[],
  algorithm?: ChecksumAlgorithm,
): Promise<Checksum | undefined> {
  if (algorithm === undefined && isSparse(segments)) return undefined;
  const name = algorithm ?? 'CRC64NVME';
  return { algorithm: name, type: 'FULL_OBJECT', value: await computeChecksum(name, contents.read(segments)) };
}
