import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PART_BYTES } from '../../../lib/aws/s3/copy-in-parts.ts';
import type { CallFault } from '../../../local/aws/call-faults.ts';
import { Engine, IMPATIENT } from './engine.ts';
import { elsewhere, FOREIGN_KEY, FrontendWorld } from './world.ts';

const MEBIBYTE = 1024 ** 2;

/** What one server alone can be made to do. */
describe.skipIf(elsewhere)('a server that fails', () => {
  let world: FrontendWorld;
  beforeAll(async () => {
    world = await FrontendWorld.start({ maxCopyBytes: 4 * MEBIBYTE, minPartBytes: MEBIBYTE });
  });
  afterAll(() => world.close());

  const strike = (fault: Omit<CallFault, 'service' | 'kind'> & { kind?: CallFault['kind'] }) =>
    world.laptop.faults.inject({ service: 's3', kind: 'error', ...fault });
  const error = (code: string, status: number, message = code) => ({ error: { code, status, message } });

  /** A prefix whose objects were overwritten after their manifest was taken; answers the engine and the plan's chunks. */
  const overwritten = async (prefix: string, keys: readonly string[], body = 'one') => {
    const engine = new Engine(world, prefix);
    for (const key of keys) await world.put(prefix + key, body, { CacheControl: 'no-cache' });
    const good = await world.snapshot(prefix);
    const target = await engine.record('1');
    for (const key of keys) await world.put(prefix + key, 'two');
    const { chunks } = await engine.plan(target);
    return { engine, chunks, good };
  };
  const oldestVersion = async (key: string): Promise<string> => {
    const { Versions = [] } = await world.client.send(new ListObjectVersionsCommand({ Bucket: world.site, Prefix: key }));
    return Versions.at(-1)?.VersionId ?? '';
  };
  const names = (count: number) => Array.from({ length: count }, (_, index) => `k${String(index).padStart(2, '0')}`);

  it.each([
    ['throttling', error('SlowDown', 503)],
    ['a 500', { kind: 'refused' as const }],
    ['an error in an answer of status 200', error('InternalError', 200)],
    ['an error in an answer of status 200 about the rate', error('SlowDown', 200)],
    ['a conflict of two writes', error('ConditionalRequestConflict', 409)],
  ])('is asked again after %s, and each object changed once', async (name, fault) => {
    const prefix = `again ${name}/`;
    const { engine, chunks, good } = await overwritten(prefix, names(5));
    strike({ operation: 'CopyObject', times: 8, ...fault });
    expect(await engine.restore(chunks)).toMatchObject({ copied: 5, failed: 0 });
    expect(await world.snapshot(prefix)).toEqual(good);
    expect(await world.versions(prefix)).toBe(15);
  });

  it('whose answers are lost is looked at before anything is done again', async () => {
    const { engine, chunks, good } = await overwritten('lost/', names(5));
    await world.put('lost/new', 'new');
    const planned = await engine.plan({ kind: 'manifest', version: '1', location: 'manifests/lost/1' }, 'again');
    strike({ operation: 'CopyObject', kind: 'lost-answer', times: 5 });
    strike({ operation: 'DeleteObject', kind: 'lost-answer' });
    expect(chunks.assets).toBe(1);
    expect(await engine.restore(planned.chunks, 'again')).toMatchObject({ copied: 5, removed: 1, failed: 0, conflicts: 0 });
    expect(await world.snapshot('lost/')).toEqual(good);
    expect(await world.versions('lost/')).toBe(17);
  });

  it('is given up after a while, and what became of the object told as far as known', async () => {
    const { engine, chunks } = await overwritten('given-up/', ['a', 'b']);
    strike({
      operation: 'CopyObject',
      times: 1000,
      when: ({ Key }) => Key === 'given-up/a',
      ...error('SlowDown', 503, 'Please reduce your request rate.'),
    });
    engine.settings = { patience: { first: 5, longest: 20, total: 200 } };
    const outcome = await engine.restore(chunks);
    expect(outcome).toMatchObject({ copied: 1, failed: 1 });
    expect(outcome.examples).toEqual(['given-up/a could not be copied: SlowDown (Please reduce your request rate).']);
  });

  it('that refuses one object is asked for the others', async () => {
    const { engine, chunks } = await overwritten('refused/', names(5));
    strike({ operation: 'CopyObject', when: ({ Key }) => Key === 'refused/k03', ...error('AccessDenied', 403, 'Access Denied') });
    const outcome = await engine.restore(chunks);
    expect(outcome).toMatchObject({ copied: 4, failed: 1 });
    expect(outcome.examples[0]).toMatch(
      /^refused\/k03 could not be copied: AccessDenied \(Access Denied\)\. Let the service's role/,
    );
  });

  it('that refuses everything is not asked for all of it', async () => {
    const { engine, chunks } = await overwritten(
      'hopeless/',
      Array.from({ length: 120 }, (_, index) => `k${index}`),
    );
    world.laptop.s3.resetRequests();
    strike({
      operation: 'CopyObject',
      times: 1000,
      when: ({ Key }) => Key.startsWith('hopeless/'),
      ...error('AccessDenied', 403),
    });
    const outcome = await engine.restore(chunks);
    expect(outcome).toMatchObject({ copied: 0, failed: 120 });
    expect(world.laptop.s3.requests().CopyObject).toBeLessThan(100);
  });

  it('that refuses the use of a key says so', async () => {
    const engine = new Engine(world, 'key/');
    await world.put('key/a', 'one', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: FOREIGN_KEY });
    const at = new Date().toISOString();
    await sleep(1100);
    await world.put('key/a', 'two');
    const { chunks } = await engine.plan({ kind: 'time', at });
    const outcome = await engine.restore(chunks);
    expect(outcome).toMatchObject({ copied: 0, failed: 1 });
    expect(outcome.examples[0]).toMatch(/^key\/a could not be copied: AccessDenied.* KMS key/);
    await world.remove('key/a');
    await world.put('key/b', 'one', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: FOREIGN_KEY });
    await expect(engine.record('2')).rejects.toThrow(/s3:\/\/site-.*\/key\/b \(version .*\) cannot be read: AccessDenied/);
  });

  it('lets the version to bring back expire before it is copied', async () => {
    const { engine, chunks } = await overwritten('expired/', ['a']);
    const planned = await engine.plan({ kind: 'manifest', version: '1', location: 'manifests/expired/1' }, 'second');
    expect(planned.lostCount).toBe(0);
    world.laptop.s3.expireVersion(world.site, 'expired/a', await oldestVersion('expired/a'));
    const outcome = await engine.restore(chunks);
    expect(outcome).toMatchObject({ copied: 0, failed: 1 });
    expect(outcome.examples[0]).toMatch(/^expired\/a could not be copied: NoSuchVersion .*deleted for good/);
    const after = await engine.plan({ kind: 'manifest', version: '1', location: 'manifests/expired/1' }, 'third');
    expect(after).toMatchObject({ lostCount: 1, lost: ['expired/a'], chunks: { assets: 0 } });
  });

  it('has versions in an archive, which are told and never copied', async () => {
    const engine = new Engine(world, 'archived/');
    const lastModified = new Date(Date.now() - 60_000);
    world.laptop.s3.seed(world.site, [
      { key: 'archived/a', body: 'one', storageClass: 'GLACIER', lastModified },
      { key: 'archived/a', body: 'two' },
      { key: 'archived/b', body: 'one', storageClass: 'DEEP_ARCHIVE', lastModified },
    ]);
    const planned = await engine.plan({ kind: 'time', at: lastModified.toISOString() });
    expect(planned).toMatchObject({ archivedCount: 1, archived: ['archived/a'], totals: { unchanged: { objects: 1 } } });
    expect(planned.chunks.assets).toBe(0);
  });

  it('takes large objects in parts only', async () => {
    const body = 'x'.repeat(5 * MEBIBYTE + 7);
    const extras = { CacheControl: 'no-cache', Metadata: { a: 'b' }, ContentType: 'text/plain', Tagging: 'a=b%20c' };
    const engine = new Engine(world, 'large/');
    await world.put('large/a.bin', body, extras);
    const { ETag: _, ...good } = (await world.snapshot('large/'))['large/a.bin'] as Record<string, unknown>;
    const target = await engine.record('1');
    await world.put('large/a.bin', 'small');
    const { chunks } = await engine.plan(target);
    engine.settings = { ...IMPATIENT, largestCopy: 4 * MEBIBYTE, partBytes: 2 * MEBIBYTE };
    world.laptop.s3.resetRequests();
    strike({ operation: 'UploadPartCopy', ...error('SlowDown', 503) });
    strike({ operation: 'CompleteMultipartUpload', kind: 'lost-answer' });
    expect(await engine.restore(chunks)).toMatchObject({ copied: 1, failed: 0 });
    expect(world.laptop.s3.requests()).toMatchObject({ UploadPartCopy: 4, CompleteMultipartUpload: 1, CreateMultipartUpload: 1 });
    const { ETag: __, ...found } = (await world.snapshot('large/'))['large/a.bin'] as Record<string, unknown>;
    expect(found).toEqual(good);
    expect(await world.versions('large/')).toBe(3);
    expect(PART_BYTES).toBe(512 * MEBIBYTE);
  });

  it('keeps no parts of a large copy that failed, and writes over nobody', async () => {
    const engine = new Engine(world, 'large-race/');
    await world.put('large-race/a.bin', 'x'.repeat(5 * MEBIBYTE));
    const target = await engine.record('1');
    await world.put('large-race/a.bin', 'two');
    const { chunks } = await engine.plan(target);
    await world.put('large-race/a.bin', 'three');
    engine.settings = { ...IMPATIENT, largestCopy: 4 * MEBIBYTE, partBytes: 2 * MEBIBYTE };
    world.laptop.s3.resetRequests();
    expect(await engine.restore(chunks)).toMatchObject({ copied: 0, conflicts: 1 });
    expect(world.laptop.s3.requests()).toMatchObject({ AbortMultipartUpload: 1 });
    expect(await world.versions('large-race/')).toBe(3);
  });

  it('kills a step in the middle of a chunk: the next attempt changes nothing twice', async () => {
    const { engine, chunks, good } = await overwritten('killed/', names(10));
    await world.put('killed/new', 'new');
    strike({ operation: 'CopyObject', when: ({ Key }) => Key === 'killed/k04', ...error('AccessDenied', 403) });
    strike({ operation: 'PutObject', when: ({ Key }) => Key.endsWith('assets-00000.done.jsonl'), ...error('AccessDenied', 403) });
    await expect(engine.chunk('assets')).rejects.toThrow('AccessDenied');
    expect(await world.versions('killed/')).toBe(30);
    expect(await engine.restore(chunks)).toMatchObject({ copied: 10, failed: 0, conflicts: 0 });
    expect(await world.versions('killed/')).toBe(31);
    await world.remove('killed/new');
    expect(await world.snapshot('killed/')).toEqual(good);
  });

  it('has two steps at work on one chunk: each object is changed once', async () => {
    const { engine, good } = await overwritten('parallel/', names(10));
    const outcomes = await Promise.all([engine.chunk('assets'), engine.chunk('assets')]);
    expect(outcomes).toMatchObject([
      { copied: 10, failed: 0, conflicts: 0 },
      { copied: 10, failed: 0, conflicts: 0 },
    ]);
    expect(await world.versions('parallel/')).toBe(30);
    expect(await world.snapshot('parallel/')).toEqual(good);
  });

  it('is not asked for a chunk again that was carried out', async () => {
    const { engine, chunks } = await overwritten('done/', names(10));
    const first = await engine.restore(chunks);
    await world.put('done/k00', 'three');
    world.laptop.s3.resetRequests();
    expect(await engine.restore(chunks)).toEqual(first);
    expect(world.laptop.s3.requests()).toEqual({ PutObject: 1, GetObject: 1 });
  });

  it('has no such bucket, or lets nobody in', async () => {
    const engine = new Engine(world, 'x/');
    const target = { kind: 'time' as const, at: '2026-01-01T00:00:00Z' };
    const none = { source: { bucket: 'no-such-bucket', prefix: '' } };
    await expect(engine.plan(target, 'none', none)).rejects.toMatchObject({
      name: 'BucketUnusable',
      message: expect.stringContaining('NoSuchBucket'),
    });
    world.laptop.s3.createBucket('closed', { versioning: 'Enabled' });
    const closed = { source: { bucket: 'closed', prefix: '' } };
    await expect(engine.plan(target, 'closed', closed)).rejects.toMatchObject({
      name: 'BucketUnusable',
      message: expect.stringContaining('AccessDenied'),
    });
  });
});
