import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listVersions } from '../../../lib/aws/s3/listings.ts';
import { type FrontendTarget, ManifestIndex } from '../../../lib/contracts.ts';
import { recordManifest } from '../../../lib/frontend/record-manifest.ts';
import type { SeedEntry } from '../../../local/aws/s3/seed.ts';
import { Engine } from './engine.ts';
import { elsewhere, FrontendWorld, LATER, NEVER } from './world.ts';

let world: FrontendWorld;
beforeAll(async () => {
  world = await FrontendWorld.start();
});
afterAll(() => world.close());

/** The files of the service's bucket below a folder, but for those that only say where to go on. */
const filesOf = async (folder: string): Promise<Record<string, string>> => {
  const { Contents = [] } = await world.client.send(new ListObjectsV2Command({ Bucket: world.service, Prefix: `${folder}/` }));
  const files: Record<string, string> = {};
  for (const { Key = '' } of Contents.filter((file) => !file.Key?.includes('progress-'))) {
    const { Body } = await world.client.send(new GetObjectCommand({ Bucket: world.service, Key }));
    files[Key.slice(folder.length)] = (await Body?.transformToString()) ?? '';
  }
  return files;
};

/** Some keys that were put, overwritten, deleted, and put again, in an order that UTF-16 would mix up. */
const makeHistory = async (prefix: string) => {
  const keys = ['index.html', ...Array.from({ length: 12 }, (_, index) => `k${index}`), '\u{ffff}', '\u{10000}', 'a b'];
  for (const key of keys) await world.put(prefix + key, `one ${key}`);
  // What is written and removed within one second can't be ordered.
  await sleep(1100);
  for (const key of keys.slice(2, 5)) await world.remove(prefix + key);
};
const moveOn = async (prefix: string) => {
  for (const key of ['index.html', 'k1', 'k5', '\u{ffff}', '\u{10000}']) await world.put(prefix + key, `two ${key}`);
  for (const key of ['k6', 'k7', 'a b']) await world.remove(prefix + key);
  for (const key of ['k7', 'n1', 'n2']) await world.put(prefix + key, 'new');
};

describe('work that is stopped again and again', () => {
  it('writes the same manifest and the same plan as work in one go', async () => {
    const engine = new Engine(world, 'resumed/');
    await makeHistory('resumed/');
    await engine.record('whole');
    await engine.record('bits', { until: NEVER, pageSize: 3 });
    const [whole, bits] = [await filesOf('manifests/resumed/whole'), await filesOf('manifests/resumed/bits')];
    const takenAt = { takenAt: '' };
    expect({ ...JSON.parse(bits['/index.json'] ?? ''), ...takenAt }).toEqual({
      ...JSON.parse(whole['/index.json'] ?? ''),
      ...takenAt,
    });
    expect(bits['/00000.jsonl']).toBe(whole['/00000.jsonl']);
    await moveOn('resumed/');
    const target = { kind: 'manifest' as const, version: '1', location: 'manifests/resumed/bits' };
    const one = await engine.plan(target, 'one');
    const many = await engine.plan(target, 'many', { until: NEVER, pageSize: 4 });
    expect(many).toEqual(one);
    expect(await filesOf(engine.folder('many'))).toEqual(await filesOf(engine.folder('one')));
    expect(one.totals).toMatchObject({ copies: { objects: 7 }, removals: { objects: 3 }, unchanged: { objects: 6 } });
  });

  it('writes the same again from the same cursor', async () => {
    const engine = new Engine(world, 'same-cursor/');
    await makeHistory('same-cursor/');
    const request = { ...engine.source, location: 'manifests/same-cursor/1', until: NEVER, pageSize: 5 };
    const first = await recordManifest(request);
    const cursor = first.state === 'PENDING' ? first.cursor : null;
    expect(JSON.stringify(cursor).length).toBeLessThan(2048);
    await recordManifest({ ...request, cursor, until: LATER });
    const files = await filesOf('manifests/same-cursor/1');
    // As an attempt that died and is repeated.
    await recordManifest({ ...request, cursor, until: LATER });
    expect(await filesOf('manifests/same-cursor/1')).toEqual(files);
    expect(ManifestIndex.parse(JSON.parse(files['/index.json'] ?? '')).objects).toBe(13);
  });
});

describe('a plan by time', () => {
  it('goes back to the second', async () => {
    const engine = new Engine(world, 'time/');
    await makeHistory('time/');
    const good = await world.snapshot('time/');
    const at = new Date().toISOString();
    await sleep(1100);
    await moveOn('time/');
    const planned = await engine.plan({ kind: 'time', at });
    expect(planned).toMatchObject({ ambiguousCount: 0, lostCount: 0, archivedCount: 0 });
    expect(await engine.restore(planned.chunks)).toMatchObject({ failed: 0, conflicts: 0 });
    expect(await world.snapshot('time/')).toEqual(good);
    const again = await engine.plan({ kind: 'time', at: new Date().toISOString() }, 'again');
    expect(again.totals.copies.objects + again.totals.removals.objects).toBe(0);
  });
});

describe.skipIf(elsewhere)('a plan of many objects', () => {
  beforeEach(() => world.laptop.s3.resetRequests());
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000);
  function* seeds(prefix: string, count: number, changed: number): Generator<SeedEntry> {
    for (let index = 0; index < count; index += 1) {
      const key = `${prefix}k${String(index).padStart(7, '0')}`;
      yield { key, body: 'one', lastModified: at(1) };
      if (index < changed) yield { key, body: 'two', lastModified: at(100) };
    }
  }

  it('sends one request for each changed object, one for each 1,000 versions, and few more', async () => {
    const engine = new Engine(world, 'many/');
    world.laptop.s3.seed(world.site, seeds('many/', 20_000, 0));
    const target = await writeManifest(engine);
    world.laptop.s3.seed(
      world.site,
      [...seeds('many/', 20_000, 1000)].filter(({ body }) => body === 'two'),
    );
    world.laptop.s3.resetRequests();
    await engine.record('2', { previous: target.location });
    // Only what the manifest before does not know is asked for.
    expect(world.laptop.s3.requests()).toEqual({ HeadObject: 1000, ListObjectVersions: 21, GetObject: 21, PutObject: 21 });
    world.laptop.s3.resetRequests();
    const planned = await engine.plan(target);
    expect(planned.totals).toMatchObject({ copies: { objects: 1000 }, unchanged: { objects: 19_000 } });
    // The plan: its summary before and after, the index and 20 chunks of the manifest, 2 chunks.
    expect(world.laptop.s3.requests()).toEqual({ ListObjectVersions: 21, GetObject: 22, PutObject: 3 });
    world.laptop.s3.resetRequests();
    expect(await engine.restore(planned.chunks)).toMatchObject({ copied: 1000, failed: 0 });
    expect(world.laptop.s3.requests()).toEqual({ CopyObject: 1000, GetObject: 2, PutObject: 4 });
  });

  /** The manifest that recording would write, without asking for 20,000 objects. */
  const writeManifest = async ({ source }: Engine): Promise<FrontendTarget & { kind: 'manifest' }> => {
    const location = 'manifests/many/by-hand';
    const chunks: ManifestIndex['chunks'] = [];
    for await (const page of listVersions(source)) {
      const entries = page.map(({ key, version }) => ({ key, ...version }));
      const name = `${location}/${String(chunks.length).padStart(5, '0')}.jsonl`;
      await world.put(name, entries.map((entry) => JSON.stringify(entry)).join('\n'), {}, world.service);
      chunks.push({ lastKey: entries.at(-1)?.key ?? '', objects: entries.length });
    }
    const index = { ...source, takenAt: new Date().toISOString(), objects: 20_000, bytes: 60_000, chunks };
    await world.put(`${location}/index.json`, JSON.stringify(index), {}, world.service);
    return { kind: 'manifest', version: '1', location };
  };

  it('folds a key of many versions while it is listed', async () => {
    const engine = new Engine(world, 'deep/');
    world.laptop.s3.seed(
      world.site,
      Array.from({ length: 12_000 }, (_, version) => ({ key: 'deep/k', body: `v${version}`, lastModified: at(version) })),
    );
    const planned = await engine.plan({ kind: 'time', at: at(5.5).toISOString() });
    expect(planned.totals).toMatchObject({ copies: { objects: 1, bytes: 2 } });
    expect(world.laptop.s3.requests().ListObjectVersions).toBe(12);
  });

  it('keeps what was written and removed within one second', async () => {
    const engine = new Engine(world, 'second/');
    world.laptop.s3.seed(world.site, [
      { key: 'second/a', body: 'one', lastModified: at(5) },
      { key: 'second/a', isMarker: true, lastModified: at(5) },
      { key: 'second/a', body: 'two', lastModified: at(9) },
    ]);
    const planned = await engine.plan({ kind: 'time', at: at(5).toISOString() });
    expect(planned).toMatchObject({ ambiguousCount: 1, ambiguous: ['second/a'], totals: { copies: { objects: 1, bytes: 3 } } });
  });
});

describe('a manifest that is of no use', () => {
  it('is told by its name', async () => {
    const engine = new Engine(world, 'useless/');
    const missing = engine.plan({ kind: 'manifest', version: '9', location: 'manifests/nowhere' });
    await expect(missing).rejects.toMatchObject({
      name: 'ManifestUnreadable',
      message: expect.stringContaining('manifests/nowhere/index.json'),
    });
    const target = await engine.record('1');
    const moved = engine.plan(target, 'moved', { source: { bucket: world.site, prefix: 'moved/' } });
    await expect(moved).rejects.toThrow(/is of s3:\/\/.*\/useless\/, and the frontend is at s3:\/\/.*\/moved\/ now/);
  });
});
