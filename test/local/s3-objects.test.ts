import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import {
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REGION } from '../../local/aws/service.ts';
import { type S3World, startS3World } from './s3-world.ts';

let world: S3World;
let client: S3Client;
beforeAll(async () => {
  world = await startS3World({ now: () => new Date('2026-03-01T12:00:00.900Z') });
  client = world.client();
});
afterAll(() => world.close());

const Bucket = 'versioned';
const put = (Key: string, Body: PutObjectCommandInput['Body'] = 'hello', more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key: string, more: object = {}) => {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await answer.Body?.transformToString() };
};
const head = (Key: string, more: object = {}) => client.send(new HeadObjectCommand({ Bucket, Key, ...more }));
const refused = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });

describe('an object', () => {
  it('comes back with all that it was put with', async () => {
    const given = {
      CacheControl: 'max-age=60',
      ContentDisposition: 'inline',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      ContentType: 'text/html; charset=utf-8',
      Metadata: { release: 'r1', empty: '' },
      WebsiteRedirectLocation: '/other',
      StorageClass: 'STANDARD_IA' as const,
    };
    const { VersionId } = await put('full.html', '<html>', { ...given, Tagging: 'team=a&stage=b%20c' });
    const got = await get('full.html');
    expect(got).toMatchObject({ ...given, VersionId, text: '<html>', ContentLength: 6, TagCount: 2, AcceptRanges: 'bytes' });
    expect(got.ETag).toBe(`"${createHash('md5').update('<html>').digest('hex')}"`);
    expect(got.LastModified).toEqual(new Date('2026-03-01T12:00:00Z'));
    const tags = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'full.html' }));
    expect(tags.TagSet).toEqual([
      { Key: 'team', Value: 'a' },
      { Key: 'stage', Value: 'b c' },
    ]);
  });

  it.each(['a b+c%2F.txt', 'ünï/😀', 'a//b', '../up', './x', '/lead', '?q=1&r', '#frag', '<&>"\'', 'tab\tnew\nline\u0001', '*'])(
    'may be called %j',
    async (key) => {
      await put(key, key);
      expect((await get(key)).text).toBe(key);
      const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
      expect(listed.Contents?.map(({ Key }) => Key)).toEqual([key]);
    },
  );

  it('of 64 MiB goes through one request, and through a stream', async () => {
    const body = randomBytes(64 * 1024 * 1024);
    await put('big', body);
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: 'big' }));
    expect(Buffer.from((await answer.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    const part = await client.send(new GetObjectCommand({ Bucket, Key: 'big', Range: 'bytes=5000000-7999999' }));
    expect(Buffer.from((await part.Body?.transformToByteArray()) ?? []).equals(body.subarray(5_000_000, 8_000_000))).toBe(true);
  });

  it('over the limit of the laptop is refused', async () => {
    const huge = world.fetch('/plain/huge', 'PUT', 'x'.repeat(129 * 1024 * 1024));
    // The connection may be closed before all of it is sent.
    const answer = await huge.then((response) => response.text()).catch(() => '<Code>EntityTooLarge</Code>');
    expect(answer).toContain('<Code>EntityTooLarge</Code>');
    await expect(client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'huge' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('can be seeded as a huge run of zeros', async () => {
    world.s3.seed(Bucket, [{ key: 'sparse', body: 6 * 1024 ** 3 }]);
    expect((await head('sparse')).ContentLength).toBe(6 * 1024 ** 3);
    expect((await get('sparse', { Range: 'bytes=-3' })).text).toBe('\0\0\0');
  });

  it('tells its attributes', async () => {
    await put('attributes', 'x');
    const asked = { Bucket, Key: 'attributes', ObjectAttributes: ['ETag', 'Checksum', 'ObjectSize', 'StorageClass'] as const };
    const attributes = await client.send(
      new GetObjectAttributesCommand({ ...asked, ObjectAttributes: [...asked.ObjectAttributes] }),
    );
    expect(attributes).toMatchObject({
      ETag: '9dd4e461268c8034f5c8564e155c67a6',
      ObjectSize: 1,
      StorageClass: 'STANDARD',
      Checksum: { ChecksumType: 'FULL_OBJECT' },
    });
  });
});

describe('a range', () => {
  beforeAll(() => put('range', '0123456789'));

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('%s is answered in part', async (Range, text, ContentRange) => {
    expect(await get('range', { Range })).toMatchObject({ text, ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  it.each(['bytes=4-2', 'lines=1-2', 'bytes=0-1,3-4'])('%s is not understood and answered whole', async (Range) => {
    expect(await get('range', { Range })).toMatchObject({ text: '0123456789', $metadata: { httpStatusCode: 200 } });
  });

  it('behind the end is refused', async () => {
    await expect(get('range', { Range: 'bytes=10-' })).rejects.toMatchObject(refused('InvalidRange', 416));
  });
});

describe('a condition of a read', () => {
  const past = new Date('2026-02-01T00:00:00Z');
  const same = new Date('2026-03-01T12:00:00Z');
  const etag = '"5d41402abc4b2a76b9719d911017c592"';
  beforeAll(() => put('conditional'));

  it.each<[string, object, number]>([
    ['If-Match with its ETag', { IfMatch: etag }, 200],
    ['If-Match with another', { IfMatch: '"0"' }, 412],
    ['If-None-Match with its ETag', { IfNoneMatch: etag }, 304],
    ['If-None-Match with another', { IfNoneMatch: '"0"' }, 200],
    ['If-Modified-Since before', { IfModifiedSince: past }, 200],
    ['If-Modified-Since then', { IfModifiedSince: same }, 304],
    ['If-Unmodified-Since before', { IfUnmodifiedSince: past }, 412],
    ['If-Unmodified-Since then', { IfUnmodifiedSince: same }, 200],
    ['If-Match, outweighing the date', { IfMatch: etag, IfUnmodifiedSince: past }, 200],
    ['If-None-Match, outweighing the date', { IfNoneMatch: '"0"', IfModifiedSince: same }, 200],
  ])('%s', async (_, condition, status) => {
    const answer = await get('conditional', condition).catch((error) => error);
    expect(answer.$metadata.httpStatusCode).toBe(status);
  });
});

describe('a limit', () => {
  it.each<[string, Partial<PutObjectCommandInput>, string]>([
    ['a key of more than 1,024 bytes', { Key: 'ü'.repeat(513) }, 'KeyTooLongError'],
    ['more than 2 KB of user metadata', { Metadata: { a: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
    ['more than ten tags', { Tagging: Array.from({ length: 11 }, (_, tag) => `${tag}=x`).join('&') }, 'BadRequest'],
    ['a tag twice', { Tagging: 'a=1&a=2' }, 'InvalidTag'],
    ['a long tag', { Tagging: `${'a'.repeat(129)}=1` }, 'InvalidTag'],
    ['an unknown storage class', { StorageClass: 'FROZEN' as never }, 'InvalidStorageClass'],
  ])('refuses %s', async (_, more, name) => {
    await expect(put('limit', 'x', more)).rejects.toMatchObject(refused(name, 400));
  });

  it('allows what just keeps it', async () => {
    await put('ü'.repeat(512), 'x', { Metadata: { a: 'x'.repeat(2047) }, Tagging: 'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10' });
  });

  it('holds for tags that come later', async () => {
    await put('tags');
    const TagSet = Array.from({ length: 11 }, (_, tag) => ({ Key: `t${tag}`, Value: '' }));
    const tag = (set: typeof TagSet) =>
      client.send(new PutObjectTaggingCommand({ Bucket, Key: 'tags', Tagging: { TagSet: set } }));
    await expect(tag(TagSet)).rejects.toMatchObject(refused('BadRequest', 400));
    await tag(TagSet.slice(0, 10));
    expect((await head('tags')).TagCount).toBe(10);
  });
});

describe('encryption', () => {
  it('is the request’s, else the bucket’s, else AES256', async () => {
    await put('sse');
    expect((await head('sse')).ServerSideEncryption).toBe('AES256');
    const key = `arn:aws:kms:${REGION}:123456789012:key/k1`;
    world.s3.createBucket('secret', { versioning: 'Enabled' });
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'k1' } };
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket: 'secret',
        ServerSideEncryptionConfiguration: { Rules: [{ ...rule, BucketKeyEnabled: true }] },
      }),
    );
    const written = await put('sse', 'x', { Bucket: 'secret' });
    expect(written).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key, BucketKeyEnabled: true });
    // Under a KMS key an ETag says nothing about the bytes.
    expect((await put('sse', 'x', { Bucket: 'secret' })).ETag).not.toBe(written.ETag);
    const own = await put('own', 'x', { Bucket: 'secret', ServerSideEncryption: 'AES256' });
    expect(own).toMatchObject({ ServerSideEncryption: 'AES256', ETag: '"9dd4e461268c8034f5c8564e155c67a6"' });
  });
});

describe('what the laptop doesn’t have', () => {
  it.each([
    ['GET', '/versioned/x?acl', 'GetObjectAcl'],
    ['PUT', '/versioned?cors', 'PutBucketCors'],
    ['POST', '/versioned/x?restore', 'ObjectRestore'],
    ['GET', '/versioned/range?partNumber=1', 'Reading an object by its parts'],
    ['POST', '/versioned', 'POST on a Bucket'],
  ])('%s %s is refused by its name', async (method, path, name) => {
    const response = await world.fetch(path, method);
    expect([response.status, await response.text()]).toEqual([501, expect.stringContaining(`<Message>${name} `)]);
  });

  it('is refused in headers too', async () => {
    const headers = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' };
    expect((await world.fetch('/versioned/x', 'PUT', 'x', headers)).status).toBe(501);
  });
});

it('answers HEAD of what is not there without a body', async () => {
  const response = await world.fetch('/versioned/nothing', 'HEAD');
  expect([response.status, await response.text()]).toEqual([404, '']);
});

it('is found by its host, too', async () => {
  await put('by-host');
  const { port } = new URL(world.endpoint);
  const lookup: LookupFunction = (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]);
  const byHost = new S3Client({
    endpoint: `http://localhost:${port}`,
    region: REGION,
    credentials: world.credentials,
    requestHandler: { httpAgent: new Agent({ lookup }) },
  });
  const { Contents } = await byHost.send(new ListObjectsV2Command({ Bucket, Prefix: 'by-host' }));
  expect(Contents?.map(({ Key }) => Key)).toEqual(['by-host']);
});
