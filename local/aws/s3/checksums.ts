import { createHash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { S3Error } from './errors.ts';

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof ALGORITHMS)[number];

/** `COMPOSITE`: of the checksums of the parts, with their number behind a dash. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  /** Base64. */
  readonly value: string;
}

type Chunks = Iterable<Uint8Array>;

/** The algorithm of that name. Throws `InvalidRequest` for one that the laptop doesn't compute. */
export function algorithmOf(name: string): ChecksumAlgorithm {
  const algorithm = ALGORITHMS.find((candidate) => candidate === name.toUpperCase());
  if (!algorithm) throw new S3Error('InvalidRequest', `Checksum algorithm provided is unsupported: ${name}`);
  return algorithm;
}

/** Base64 of the checksum of all bytes. */
export async function computeChecksum(algorithm: ChecksumAlgorithm, chunks: Chunks): Promise<string> {
  if (algorithm === 'CRC32') return base64Of(crc32Of(chunks));
  if (algorithm === 'CRC32C' || algorithm === 'CRC64NVME') {
    const computed = algorithm === 'CRC32C' ? new Crc32c() : new Crc64Nvme();
    for (const chunk of chunks) computed.update(chunk);
    return Buffer.from(await computed.digest()).toString('base64');
  }
  const digest = createHash(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest('base64');
}

function crc32Of(chunks: Chunks): number {
  let value = 0;
  for (const chunk of chunks) value = crc32(chunk, value);
  return value;
}

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString('base64');
}

/** The checksum of an upload of parts that was made with `COMPOSITE` checksums. */
export async function composeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Promise<Checksum> {
  const value = await computeChecksum(
    algorithm,
    parts.map((part) => Buffer.from(part, 'base64')),
  );
  return { algorithm, type: 'COMPOSITE', value: `${value}-${parts.length}` };
}

type Members = Readonly<Record<string, string | undefined>>;

/** The checksum that a request names (`ChecksumCRC32`, …), if any. */
export function sentChecksum(input: Members): Checksum | undefined {
  const algorithm = ALGORITHMS.find((candidate) => input[`Checksum${candidate}`] !== undefined);
  const value = algorithm && input[`Checksum${algorithm}`];
  return algorithm && value !== undefined ? { algorithm, type: 'FULL_OBJECT', value } : undefined;
}

/**
 * The checksum of a body: the one that the client sent or announced, else CRC64NVME, which S3 adds by itself. Throws `BadDigest`
 * when it, or `Content-MD5`, is not that of the body.
 */
export async function verifyBody(body: Buffer, input: Members): Promise<Checksum> {
  verifyMd5(body, input.ContentMD5);
  const sent = sentChecksum(input);
  const algorithm = sent?.algorithm ?? algorithmOf(input.ChecksumAlgorithm ?? 'CRC64NVME');
  const value = await computeChecksum(algorithm, [body]);
  if (sent && sent.value !== value) {
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
  return { algorithm, type: 'FULL_OBJECT', value };
}

function verifyMd5(body: Buffer, sent: string | undefined): void {
  if (sent === undefined) return;
  if (Buffer.from(sent, 'base64').length !== 16) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  if (hash('md5', body, 'base64') !== sent) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

/** A checksum as members of an answer's document. */
export function checksumMembers(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

/** A checksum as headers. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value, 'x-amz-checksum-type': checksum.type };
}
