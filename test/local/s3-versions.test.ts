import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  type ObjectVersion,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
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
const put = (Key: string, Body = 'x', more: object = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const remove = (Key: string, more: object = {}) => client.send(new DeleteObjectCommand({ Bucket, Key, ...more }));
const read = async (Key: string, more: object = {}) =>
  (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
const refused = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });

/** `v1 v2* m3*`: the versions and markers of a key, newest first, the latest with a star; ids as 0, 1, … in the order of `ids`. */
async function history(Key: string, ids: readonly (string | undefined)[], bucket = Bucket): Promise<string> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: Key }));
  const nameOf = (kind: string) => (entry: Pick<ObjectVersion, 'VersionId' | 'IsLatest'>) =>
    `${kind}${ids.indexOf(entry.VersionId)}${entry.IsLatest ? '*' : ''}`;
  return [...Versions.map(nameOf('v')), ...DeleteMarkers.map(nameOf('m'))].join(' ');
}

describe('a bucket with versions', () => {
  it('keeps each version under its id', async () => {
    const [first, second] = [await put('k1', 'one'), await put('k1', 'two')];
    expect(first.VersionId).toMatch(/^[A-Za-z0-9._]{32}$/);
    expect(await read('k1')).toBe('two');
    expect(await read('k1', { VersionId: first.VersionId })).toBe('one');
    expect(await history('k1', [first.VersionId, second.VersionId])).toBe('v1* v0');
  });

  it('deletes by a marker, and by one more if that is done already', async () => {
    const { VersionId } = await put('k2');
    const [once, twice] = [await remove('k2'), await remove('k2')];
    expect(once).toMatchObject({ DeleteMarker: true, $metadata: { httpStatusCode: 204 } });
    expect(await history('k2', [VersionId, once.VersionId, twice.VersionId])).toBe('v0 m2* m1');
    await expect(read('k2')).rejects.toMatchObject(refused('NoSuchKey', 404));
    await expect(read('k2', { VersionId: once.VersionId })).rejects.toMatchObject(refused('MethodNotAllowed', 405));
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'k2' }));
    await expect(head).rejects.toMatchObject({ $response: { headers: { 'x-amz-delete-marker': 'true' } } });
  });

  it('undeletes by the removal of the marker', async () => {
    const { VersionId } = await put('k3', 'back');
    const marker = await remove('k3');
    expect(await remove('k3', { VersionId: marker.VersionId })).toMatchObject({ DeleteMarker: true });
    expect(await read('k3')).toBe('back');
    expect(await remove('k3', { VersionId })).not.toHaveProperty('DeleteMarker');
    expect(await history('k3', [])).toBe('');
  });

  it('knows bad, unknown and foreign ids', async () => {
    const other = await put('k4-other');
    await put('k4');
    await expect(read('k4', { VersionId: 'nonsense' })).rejects.toMatchObject(refused('InvalidArgument', 400));
    await expect(read('k4', { VersionId: 'x'.repeat(32) })).rejects.toMatchObject(refused('NoSuchVersion', 404));
    await expect(read('k4', { VersionId: other.VersionId })).rejects.toMatchObject(refused('NoSuchVersion', 404));
    await expect(read('k4', { VersionId: 'null' })).rejects.toMatchObject(refused('NoSuchVersion', 404));
    await expect(remove('k4', { VersionId: 'nonsense' })).rejects.toMatchObject(refused('InvalidArgument', 400));
    expect((await remove('k4', { VersionId: 'x'.repeat(32) })).$metadata.httpStatusCode).toBe(204);
  });

  it('tags single versions', async () => {
    const first = await put('k5', 'one', { Tagging: 'a=1' });
    await put('k5', 'two');
    const tags = async (VersionId?: string) =>
      (await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k5', VersionId }))).TagSet;
    expect([await tags(), await tags(first.VersionId)]).toEqual([[], [{ Key: 'a', Value: '1' }]]);
    const Tagging = { TagSet: [{ Key: 'b', Value: '2' }] };
    await client.send(new PutObjectTaggingCommand({ Bucket, Key: 'k5', Tagging, VersionId: first.VersionId }));
    expect(await tags(first.VersionId)).toEqual(Tagging.TagSet);
    await client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'k5', VersionId: first.VersionId }));
    expect(await tags(first.VersionId)).toEqual([]);
  });
});

describe('a bucket without versions', () => {
  it('overwrites and deletes for good', async () => {
    const plain = { Bucket: 'plain' };
    expect(await put('k', 'one', plain)).not.toHaveProperty('VersionId');
    await put('k', 'two', plain);
    expect(await history('k', ['null'], 'plain')).toBe('v0*');
    expect(await remove('k', plain)).not.toHaveProperty('VersionId');
    expect(await history('k', [], 'plain')).toBe('');
    expect((await remove('k', plain)).$metadata.httpStatusCode).toBe(204);
  });

  it('keeps its objects as null versions when versions come, and one null version when they go', async () => {
    world.s3.createBucket('changing');
    const bucket = { Bucket: 'changing' };
    const set = (Status: 'Enabled' | 'Suspended') =>
      client.send(new PutBucketVersioningCommand({ ...bucket, VersioningConfiguration: { Status } }));
    expect(await client.send(new GetBucketVersioningCommand(bucket))).not.toHaveProperty('Status');
    await put('k', 'before', bucket);
    await set('Enabled');
    const { VersionId } = await put('k', 'versioned', bucket);
    expect(await history('k', ['null', VersionId], 'changing')).toBe('v1* v0');
    await set('Suspended');
    expect((await put('k', 'after', bucket)).VersionId).toBe('null');
    expect(await history('k', ['null', VersionId], 'changing')).toBe('v0* v1');
    expect(await read('k', { ...bucket, VersionId: 'null' })).toBe('after');
    expect(await remove('k', bucket)).toMatchObject({ VersionId: 'null', DeleteMarker: true });
    expect(await history('k', ['null', VersionId], 'changing')).toBe('v1 m0*');
    expect((await client.send(new GetBucketVersioningCommand(bucket))).Status).toBe('Suspended');
  });
});

describe('a condition', () => {
  it('of a write asks about the current object', async () => {
    const { ETag } = await put('c1', 'one', { IfNoneMatch: '*' });
    await expect(put('c1', 'two', { IfNoneMatch: '*' })).rejects.toMatchObject(refused('PreconditionFailed', 412));
    await expect(put('c1', 'two', { IfMatch: '"0"' })).rejects.toMatchObject(refused('PreconditionFailed', 412));
    await put('c1', 'two', { IfMatch: ETag });
    await remove('c1');
    await expect(put('c1', 'three', { IfMatch: ETag })).rejects.toMatchObject(refused('NoSuchKey', 404));
    await put('c1', 'three', { IfNoneMatch: '*' });
    await expect(put('c2', 'x', { IfMatch: ETag })).rejects.toMatchObject(refused('NoSuchKey', 404));
  });

  it('of a removal does, too', async () => {
    const { ETag } = await put('c3');
    await expect(remove('c3', { IfMatch: '"0"' })).rejects.toMatchObject(refused('PreconditionFailed', 412));
    expect(await remove('c3', { IfMatch: ETag })).toMatchObject({ DeleteMarker: true });
    await expect(remove('c3', { IfMatch: ETag })).rejects.toMatchObject(refused('NoSuchKey', 404));
    await expect(remove('c3', { IfMatch: '*' })).rejects.toMatchObject(refused('NoSuchKey', 404));
  });

  it('lets one of many writers win', async () => {
    const { ETag } = await put('c4', 'start');
    const writers = Array.from({ length: 20 }, (_, writer) => put('c4', `by ${writer}`, { IfMatch: ETag }));
    const ended = await Promise.allSettled(writers);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the removal of many', () => {
  const removeMany = (Objects: ObjectIdentifier[], Quiet?: boolean) =>
    client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet } }));

  it('tells of each key what became of it', async () => {
    const [first, second, third] = [await put('m1'), await put('m2'), await put('m3')];
    const answer = await removeMany([
      { Key: 'm1' },
      { Key: 'm2', VersionId: second.VersionId },
      { Key: 'm3', ETag: '"0"' },
      { Key: 'm3', ETag: third.ETag },
      { Key: 'never', ETag: third.ETag },
      { Key: 'm1', VersionId: 'nonsense' },
      { Key: 'absent' },
    ]);
    expect(answer.Deleted).toEqual([
      { Key: 'm1', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
      { Key: 'm2', VersionId: second.VersionId },
      { Key: 'm3', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
      { Key: 'absent', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
    ]);
    expect(answer.Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
      ['m3', 'PreconditionFailed'],
      ['never', 'NoSuchKey'],
      ['m1', 'NoSuchVersion'],
    ]);
    const marker = answer.Deleted?.[0]?.DeleteMarkerVersionId;
    expect(await history('m1', [first.VersionId, marker])).toBe('v0 m1*');
    const undeleted = await removeMany([{ Key: 'm1', VersionId: marker }]);
    expect(undeleted.Deleted).toEqual([{ Key: 'm1', VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker }]);
  });

  it('tells only of errors when it is to be quiet', async () => {
    await put('q1');
    const answer = await removeMany([{ Key: 'q1' }, { Key: 'q2', ETag: '"0"' }], true);
    expect([answer.Deleted, answer.Errors?.length]).toEqual([undefined, 1]);
  });

  it('takes 1,000 keys and no more', async () => {
    const keys = Array.from({ length: 1001 }, (_, key) => ({ Key: `many/${key} <&>` }));
    await expect(removeMany(keys)).rejects.toMatchObject(refused('MalformedXML', 400));
    expect((await removeMany(keys.slice(1))).Deleted).toHaveLength(1000);
  });
});
