import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3World, startS3World } from './s3-world.ts';

const LIMIT = 1000;
let world: S3World;
let client: S3Client;
let seconds = 0;
beforeAll(async () => {
  const now = () => new Date(Date.parse('2026-03-01T12:00:00Z') + seconds * 1000);
  world = await startS3World({ maxCopyBytes: LIMIT, minPartBytes: 5, now });
  client = world.client();
});
afterAll(() => world.close());

const Bucket = 'versioned';
const put = (Key: string, Body: string, more: object = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const head = (Key: string, more: object = {}) =>
  client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', ...more }));
const read = async (Key: string) => (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const copy = (from: string, Key: string, more: Partial<CopyObjectCommandInput> = {}) => {
  const CopySource = `${Bucket}/${from}`;
  return client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));
};
const refused = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('a copy', () => {
  it('keeps metadata, tags and checksum, and loses redirect, storage class and encryption', async () => {
    const kept = {
      CacheControl: 'no-cache',
      ContentDisposition: 'inline',
      ContentEncoding: 'br',
      ContentLanguage: 'en',
      ContentType: 'text/css',
      Metadata: { a: '1' },
    };
    const lost = { WebsiteRedirectLocation: '/x', StorageClass: 'STANDARD_IA', ServerSideEncryption: 'aws:kms' };
    await put('from', 'bytes', { ...kept, ...lost, Tagging: 't=1', ChecksumAlgorithm: 'SHA256' });
    const { CopyObjectResult } = await copy('from', 'to');
    const [source, target] = [await head('from'), await head('to')];
    expect(target).toMatchObject({ ...kept, ChecksumSHA256: source.ChecksumSHA256, ServerSideEncryption: 'AES256' });
    expect([target.WebsiteRedirectLocation, target.StorageClass]).toEqual([undefined, undefined]);
    expect(CopyObjectResult).toMatchObject({ ETag: `"${md5('bytes')}"`, ChecksumSHA256: source.ChecksumSHA256 });
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'to' }));
    expect(TagSet).toEqual([{ Key: 't', Value: '1' }]);
  });

  it('takes what it is told to replace from the request', async () => {
    await put('replace', 'bytes', { ContentType: 'text/css', Metadata: { a: '1' }, Tagging: 't=1' });
    const told = { ContentType: 'text/plain', Metadata: { b: '2' }, StorageClass: 'GLACIER_IR' as const };
    await copy('replace', 'replaced', { ...told, MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE', Tagging: 'u=2' });
    expect(await head('replaced')).toMatchObject(told);
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'replaced' }));
    expect(TagSet).toEqual([{ Key: 'u', Value: '2' }]);
  });

  it('brings an old version back as a new one', async () => {
    const old = await put('page', 'old');
    await put('page', 'new');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'page' }));
    const restored = await copy(`page?versionId=${old.VersionId}`, 'page');
    expect(restored).toMatchObject({
      CopySourceVersionId: old.VersionId,
      VersionId: expect.not.stringMatching(String(old.VersionId)),
    });
    expect(await read('page')).toBe('old');
  });

  it.each(['a b+c%?.txt', 'ü/😀&=', 'x+y'])('finds a source called %j when its name is encoded', async (key) => {
    const { VersionId } = await put(key, key);
    await copy(encodeURIComponent(key), 'encoded');
    await copy(`${encodeURIComponent(key)}?versionId=${VersionId}`, 'encoded');
    await client.send(new CopyObjectCommand({ Bucket, Key: 'encoded', CopySource: encodeURIComponent(`/${Bucket}/${key}`) }));
    expect(await read('encoded')).toBe(key);
  });

  it('doesn’t find a plus sign that is not encoded', async () => {
    await put('1+1', 'x');
    await expect(copy('1+1', 'two')).rejects.toMatchObject(refused('NoSuchKey', 404));
  });

  it('onto itself must change something', async () => {
    const { VersionId } = await put('self', 'x');
    await expect(copy('self', 'self')).rejects.toMatchObject(refused('InvalidRequest', 400));
    await copy(`self?versionId=${VersionId}`, 'self');
    await copy('self', 'self', { MetadataDirective: 'REPLACE' });
    await copy('self', 'self', { StorageClass: 'STANDARD' });
  });

  it('has a source that is there, no marker, not archived and not too large', async () => {
    await put('gone', 'x');
    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    await expect(copy('gone', 'to')).rejects.toMatchObject(refused('NoSuchKey', 404));
    await expect(copy(`gone?versionId=${marker.VersionId}`, 'to')).rejects.toMatchObject(refused('InvalidRequest', 400));
    await put('cold', 'x', { StorageClass: 'GLACIER' });
    await expect(copy('cold', 'to')).rejects.toMatchObject(refused('InvalidObjectState', 403));
    await put('large', 'x'.repeat(LIMIT + 1));
    await expect(copy('large', 'to')).rejects.toMatchObject(refused('InvalidRequest', 400));
    await expect(copy('nowhere/', 'to', { CopySource: 'nowhere' })).rejects.toMatchObject(refused('InvalidArgument', 400));
  });

  it('has conditions on its source and on its target', async () => {
    const [source, target] = [await put('source', 's'), await put('target', 't')];
    const failed = refused('PreconditionFailed', 412);
    await expect(copy('source', 'target', { CopySourceIfMatch: '"0"' })).rejects.toMatchObject(failed);
    await expect(copy('source', 'target', { CopySourceIfNoneMatch: source.ETag })).rejects.toMatchObject(failed);
    await expect(copy('source', 'target', { IfMatch: source.ETag })).rejects.toMatchObject(failed);
    await expect(copy('source', 'target', { IfNoneMatch: '*' })).rejects.toMatchObject(failed);
    await expect(copy('source', 'absent', { IfMatch: source.ETag })).rejects.toMatchObject(refused('NoSuchKey', 404));
    await copy('source', 'target', { IfMatch: target.ETag, CopySourceIfMatch: source.ETag });
    await copy('source', 'absent', { IfNoneMatch: '*' });
  });
});

describe('an upload in parts', () => {
  const begin = async (Key: string, more: object = {}) =>
    String((await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId);
  const upload = async (Key: string, UploadId: string, PartNumber: number, Body: string): Promise<CompletedPart> => {
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    return { PartNumber, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }) };
  };
  const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  const whole = async (Key: string, parts: readonly string[], more: object = {}) => {
    const id = await begin(Key, more);
    const uploaded = [];
    for (const [index, part] of parts.entries()) uploaded.push(await upload(Key, id, index + 1, part));
    return complete(Key, id, uploaded);
  };

  it('is one object when it is complete, as old as its beginning', async () => {
    const id = await begin('parts', { ContentType: 'video/mp4', Metadata: { a: '1' }, Tagging: 't=1' });
    seconds += 60;
    const parts = [await upload('parts', id, 1, 'first'), await upload('parts', id, 7, 'last')];
    await expect(read('parts')).rejects.toMatchObject(refused('NoSuchKey', 404));
    const done = await complete('parts', id, parts);
    const etag = createHash('md5')
      .update(Buffer.from(md5('first') + md5('last'), 'hex'))
      .digest('hex');
    expect(done.ETag).toBe(`"${etag}-2"`);
    expect(await head('parts')).toMatchObject({
      ETag: done.ETag,
      VersionId: done.VersionId,
      ContentType: 'video/mp4',
      Metadata: { a: '1' },
      TagCount: 1,
      ContentLength: 9,
      ChecksumType: 'FULL_OBJECT',
      ChecksumCRC64NVME: expect.any(String),
      LastModified: new Date('2026-03-01T12:00:00Z'),
    });
    expect(await read('parts')).toBe('firstlast');
    await expect(complete('parts', id, parts)).rejects.toMatchObject(refused('NoSuchUpload', 404));
  });

  it('has the checksum of its parts or of the whole', async () => {
    await whole('composite', ['first', 'last'], { ChecksumAlgorithm: 'CRC32' });
    expect(await head('composite')).toMatchObject({ ChecksumType: 'COMPOSITE', ChecksumCRC32: expect.stringMatching(/-2$/) });
    await whole('full', ['first', 'last'], { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const single = await put('single', 'firstlast', { ChecksumAlgorithm: 'CRC32' });
    expect(await head('full')).toMatchObject({ ChecksumType: 'FULL_OBJECT', ChecksumCRC32: single.ChecksumCRC32 });
    const id = await begin('missing', { ChecksumAlgorithm: 'CRC32' });
    const { ETag } = await upload('missing', id, 1, 'first');
    await expect(complete('missing', id, [{ PartNumber: 1, ETag }])).rejects.toMatchObject(refused('InvalidRequest', 400));
  });

  it('gets the plain MD5 and checksum when it is copied', async () => {
    await whole('sum', ['first', 'last'], { ChecksumAlgorithm: 'CRC32' });
    const { CopyObjectResult } = await copy('sum', 'copied');
    expect(CopyObjectResult).toMatchObject({ ETag: `"${md5('firstlast')}"`, ChecksumType: 'FULL_OBJECT' });
  });

  it('refuses parts that are missing, too small or in disorder', async () => {
    const id = await begin('bad');
    const [one, two] = [await upload('bad', id, 1, 'tiny'), await upload('bad', id, 2, 'second')];
    await expect(complete('bad', id, [two, one])).rejects.toMatchObject(refused('InvalidPartOrder', 400));
    await expect(complete('bad', id, [{ ...one, ETag: '"0"' }])).rejects.toMatchObject(refused('InvalidPart', 400));
    await expect(complete('bad', id, [{ PartNumber: 9, ETag: '"0"' }])).rejects.toMatchObject(refused('InvalidPart', 400));
    await expect(complete('bad', id, [one, two])).rejects.toMatchObject(refused('EntityTooSmall', 400));
    await expect(complete('bad', id, [])).rejects.toMatchObject(refused('MalformedXML', 400));
    await expect(upload('bad', id, 10_001, 'x')).rejects.toMatchObject(refused('InvalidArgument', 400));
    await complete('bad', id, [await upload('bad', id, 1, 'bigger'), two]);
    expect(await read('bad')).toBe('biggersecond');
  });

  it('has conditions', async () => {
    await put('taken', 'x');
    const id = await begin('taken');
    const part = await upload('taken', id, 1, 'y');
    await expect(complete('taken', id, [part], { IfNoneMatch: '*' })).rejects.toMatchObject(refused('PreconditionFailed', 412));
    await complete('taken', id, [part], { IfMatch: `"${md5('x')}"` });
  });

  it('can be looked at and given up', async () => {
    const id = await begin('given-up');
    await upload('given-up', id, 1, 'first');
    await upload('given-up', id, 2, 'second');
    const listed = await client.send(new ListPartsCommand({ Bucket, Key: 'given-up', UploadId: id, MaxParts: 1 }));
    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '1', Parts: [{ PartNumber: 1, Size: 5 }] });
    const marker = listed.NextPartNumberMarker;
    const rest = await client.send(new ListPartsCommand({ Bucket, Key: 'given-up', UploadId: id, PartNumberMarker: marker }));
    expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([2]);
    const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'given' }));
    expect(uploads.Uploads).toMatchObject([{ Key: 'given-up', UploadId: id }]);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'given-up', UploadId: id }));
    expect(await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'given' }))).not.toHaveProperty('Uploads');
    await expect(upload('given-up', id, 1, 'x')).rejects.toMatchObject(refused('NoSuchUpload', 404));
  });

  it('copies what one copy can’t, range by range', async () => {
    world.s3.seed(Bucket, [{ key: 'huge', body: 2 * LIMIT, metadata: { a: '1' } }]);
    const { VersionId } = await head('huge');
    const id = await begin('huge-copy');
    const copyPart = async (PartNumber: number, CopySourceRange?: string): Promise<CompletedPart> => {
      const CopySource = `${Bucket}/huge?versionId=${VersionId}`;
      const input = { Bucket, Key: 'huge-copy', UploadId: id, PartNumber, CopySource, CopySourceRange };
      const { CopyPartResult, CopySourceVersionId } = await client.send(new UploadPartCopyCommand(input));
      expect(CopySourceVersionId).toBe(VersionId);
      return { PartNumber, ETag: CopyPartResult?.ETag };
    };
    await expect(copyPart(1)).rejects.toMatchObject(refused('InvalidRequest', 400));
    await expect(copyPart(1, 'bytes=1000-2000')).rejects.toMatchObject(refused('InvalidArgument', 400));
    await complete('huge-copy', id, [await copyPart(1, 'bytes=0-999'), await copyPart(2, 'bytes=1000-1999')]);
    const copied = await head('huge-copy');
    expect([copied.ContentLength, copied.Metadata]).toEqual([2 * LIMIT, {}]);
  });

  it('copies real bytes with their MD5', async () => {
    await put('bytes', '0123456789');
    const id = await begin('bytes-copy');
    const input = { Bucket, Key: 'bytes-copy', UploadId: id, PartNumber: 1, CopySource: `${Bucket}/bytes` };
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...input, CopySourceRange: 'bytes=2-4' }));
    expect(CopyPartResult?.ETag).toBe(`"${md5('234')}"`);
    await complete('bytes-copy', id, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    expect(await read('bytes-copy')).toBe('234');
  });
});
