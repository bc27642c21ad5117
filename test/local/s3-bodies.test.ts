import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3World, startS3World } from './s3-world.ts';

let world: S3World;
let client: S3Client;
beforeAll(async () => {
  world = await startS3World();
  client = world.client();
});
afterAll(() => world.close());

const Bucket = 'versioned';
const put = (Key: string, Body: NonNullable<PutObjectCommandInput['Body']>, more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const head = (Key: string, more: object = {}) => client.send(new HeadObjectCommand({ Bucket, Key, ...more }));
const get = async (Key: string) => {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key }));
  return { ...answer, text: await answer.Body?.transformToString() };
};

describe('a digest', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('%s is computed, kept and told', async (algorithm) => {
    const sent = await put(`digest-${algorithm}`, 'hello', { ChecksumAlgorithm: algorithm });
    const told = await head(`digest-${algorithm}`, { ChecksumMode: 'ENABLED' });
    expect(told[`Checksum${algorithm}`]).toBe(sent[`Checksum${algorithm}`]);
    expect(told).toMatchObject({ ChecksumType: 'FULL_OBJECT', [`Checksum${algorithm}`]: expect.any(String) });
    expect(await head(`digest-${algorithm}`)).not.toHaveProperty(`Checksum${algorithm}`);
  });

  it('of known bytes is the known one', async () => {
    const of = async (algorithm: 'CRC32C' | 'CRC64NVME') =>
      (await put('check', '123456789', { ChecksumAlgorithm: algorithm }))[`Checksum${algorithm}`];
    expect([await of('CRC32C'), await of('CRC64NVME')]).toEqual(['4waSgw==', 'rosUhgp5mIg=']);
  });

  it.each([
    ['x-amz-checksum-crc32', 'AAAAAA==', 'BadDigest'],
    ['content-md5', 'AAAAAAAAAAAAAAAAAAAAAA==', 'BadDigest'],
    ['content-md5', 'nonsense', 'InvalidDigest'],
  ])('%s: %s is refused', async (name, value, code) => {
    const response = await world.fetch('/versioned/digest', 'PUT', 'hello', { [name]: value });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(`<Code>${code}</Code>`)]);
  });

  it('is CRC64NVME where the client sent none', async () => {
    await world.fetch('/versioned/none', 'PUT', '123456789');
    expect(await head('none', { ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumCRC64NVME: 'rosUhgp5mIg=' });
  });
});

describe('a streamed body', () => {
  it('of the SDK is decoded', async () => {
    await put('stream', Readable.from([Buffer.from('hel'), Buffer.from('lo')]), { ContentLength: 5, ContentEncoding: 'gzip' });
    expect(await head('stream', { ChecksumMode: 'ENABLED' })).toMatchObject({
      ContentLength: 5,
      ContentEncoding: 'gzip',
      ChecksumCRC32: 'NhCmhg==',
    });
  });

  it.each([
    ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n', 200],
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', '2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 200],
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 400],
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', '9\r\nhello\r\n0\r\n\r\n', 400],
  ])('%s of %j is answered as it should', async (kind, body, status) => {
    const headers = { 'x-amz-content-sha256': kind, 'x-amz-decoded-content-length': '5', 'content-encoding': 'aws-chunked' };
    const response = await world.fetch('/versioned/chunked', 'PUT', body, headers);
    expect(response.status).toBe(status);
    if (status !== 200) return;
    const { text, ContentEncoding } = await get('chunked');
    expect([text, ContentEncoding]).toEqual(['hello', undefined]);
  });
});
