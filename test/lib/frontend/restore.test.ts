import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { elsewhere, FrontendWorld, OWN_KEY } from './world.ts';

let world: FrontendWorld;
beforeAll(async () => {
  world = await FrontendWorld.start();
});
afterAll(() => world.close());

const ODD_KEYS = [
  'a b',
  'a+b',
  'a%20b',
  '100%',
  'ä/ö',
  '..',
  '../x',
  './y',
  'a//b',
  '/lead',
  'tail/',
  '\u{e000}',
  '\u{1f600}',
  '?q=1#f',
  `'"<&>`,
];

describe('a site that is brought back to a manifest', () => {
  it('has what was changed, removed and made anew as it was, whatever the keys', async () => {
    const engine = new Engine(world, 'odd/');
    for (const key of ['index.html', ...ODD_KEYS]) await world.put(`odd/${key}`, `one ${key}`, { ContentType: 'text/plain' });
    const good = await world.snapshot('odd/');
    const target = await engine.record('1');
    for (const key of ['index.html', ...ODD_KEYS]) await world.put(`odd/${key}`, `two ${key}`);
    for (const key of ODD_KEYS.slice(0, 5)) await world.remove(`odd/${key}`);
    for (const key of ODD_KEYS) await world.put(`odd/new/${key}`, 'new');

    const planned = await engine.plan(target);
    expect(planned.chunks).toEqual({ assets: 1, entries: 1, removals: 1 });
    expect(planned.totals).toMatchObject({
      copies: { objects: 16 },
      removals: { objects: 15 },
      unchanged: { objects: 0 },
      target: { objects: 16 },
      current: { objects: 26 },
    });
    expect(await engine.restore(planned.chunks)).toMatchObject({
      copied: 16,
      removed: 15,
      conflicts: 0,
      failed: 0,
      examples: [],
    });
    expect(await world.snapshot('odd/')).toEqual(good);
  });

  it('has metadata, tags and what a copy loses as they were, though the bytes are the same', async () => {
    const engine = new Engine(world, 'metadata/');
    await world.put('metadata/app.js', 'same', {
      CacheControl: 'max-age=31536000, immutable',
      ContentType: 'text/javascript',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentDisposition: 'inline',
      Expires: new Date('2030-01-01T00:00:00Z'),
      Metadata: { commit: 'abc', note: 'a b' },
      ...(elsewhere === undefined && {
        Tagging: 'team=web&env=prod%20eu',
        StorageClass: 'STANDARD_IA' as const,
        ServerSideEncryption: 'aws:kms' as const,
        SSEKMSKeyId: OWN_KEY,
        BucketKeyEnabled: true,
        WebsiteRedirectLocation: '/elsewhere',
      }),
    });
    const { ETag: etag, ...good } = (await world.snapshot('metadata/'))['metadata/app.js'] as Record<string, unknown>;
    const target = await engine.record('1');
    await world.put('metadata/app.js', 'same', { CacheControl: 'no-cache' });
    expect(await engine.bringBack(target)).toMatchObject({ copied: 1, failed: 0 });
    const { ETag: copied, ...found } = (await world.snapshot('metadata/'))['metadata/app.js'] as Record<string, unknown>;
    expect(found).toEqual(good);
    // A KMS key makes another ETag of the same bytes each time.
    if (elsewhere !== undefined) expect(copied).toBe(etag);
  });

  it('is not touched where nothing was changed', async () => {
    const engine = new Engine(world, 'same/');
    await world.put('same/index.html', 'x');
    const target = await engine.record('1');
    const planned = await engine.plan(target);
    expect(planned).toMatchObject({ chunks: { assets: 0, entries: 0, removals: 0 }, totals: { unchanged: { objects: 1 } } });
    expect(await world.versions('same/')).toBe(1);
  });

  it('keeps to its prefix', async () => {
    const engine = new Engine(world, 'left/');
    const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
    for (const name of names) {
      await world.put(`left/${name}`, 'one');
      await world.put(`left-over/${name}`, 'one');
    }
    const target = await engine.record('1');
    for (const name of names) {
      await world.put(`left/${name}`, 'two');
      await world.put(`left-over/${name}`, 'two');
    }
    expect(await engine.bringBack(target)).toMatchObject({ copied: 10 });
    expect(await world.versions('left/')).toBe(30);
    expect(await world.versions('left-over/')).toBe(20);
  });

  it('has no objects when none were there', async () => {
    const engine = new Engine(world, 'nothing/');
    const planned = await engine.plan(await engine.record('1'));
    expect(planned.totals.target.objects).toBe(0);
    expect(planned.chunks).toEqual({ assets: 0, entries: 0, removals: 0 });
  });
});

describe('a site that is brought back by an archived build', () => {
  it('has the build below its own prefix', async () => {
    const engine = new Engine(world, 'built/');
    for (const key of ['index.html', 'a b+c%.js', 'same.css'])
      await world.put(`v1/${key}`, `build ${key}`, { CacheControl: 'no-store' }, world.builds);
    await world.put('built/same.css', 'build same.css');
    await world.put('built/index.html', 'other');
    await world.put('built/more.js', 'more');
    const target = { kind: 'archive' as const, version: '1', bucket: world.builds, prefix: 'v1/' };
    const planned = await engine.plan(target);
    expect(planned).toMatchObject({
      chunks: { assets: 1, entries: 1, removals: 1 },
      totals: { copies: { objects: 2 }, unchanged: { objects: 1 }, removals: { objects: 1 } },
    });
    expect(await engine.restore(planned.chunks)).toMatchObject({ copied: 2, removed: 1, failed: 0 });
    const found = await world.snapshot('built/');
    expect(Object.keys(found)).toEqual(['built/a b+c%.js', 'built/index.html', 'built/same.css']);
    expect(found['built/index.html']).toMatchObject({ CacheControl: 'no-store', ContentLength: 16 });
  });

  it('does not take a file that was replaced after the plan was made', async () => {
    const engine = new Engine(world, 'rebuilt/');
    await world.put('v2/a.js', 'planned', {}, world.builds);
    const planned = await engine.plan({ kind: 'archive', version: '2', bucket: world.builds, prefix: 'v2/' });
    await world.put('v2/a.js', 'replaced', {}, world.builds);
    const outcome = await engine.restore(planned.chunks);
    expect(outcome).toMatchObject({ copied: 0, failed: 1 });
    expect(outcome.examples[0]).toContain('archived build was changed');
    expect(await world.versions('rebuilt/')).toBe(0);
  });
});

describe('a site that somebody else changes too', () => {
  it('is left alone where it was changed since the plan was made', async () => {
    const engine = new Engine(world, 'race/');
    for (const key of ['written', 'deleted', 'made', 'gone', 'quiet']) await world.put(`race/${key}`, 'one');
    await world.remove('race/made');
    await world.put('race/extra', 'to be removed');
    const target = await engine.record('1');
    for (const key of ['written', 'deleted', 'quiet']) await world.put(`race/${key}`, 'two');
    await world.remove('race/gone');
    await world.put('race/new', 'to be removed');
    await world.put('race/new2', 'to be removed');
    const planned = await engine.plan(target);
    await world.put('race/written', 'three');
    await world.remove('race/deleted');
    await world.put('race/gone', 'four');
    await world.put('race/new', 'five');
    await world.remove('race/new2');
    const outcome = await engine.restore(planned.chunks);
    // What is gone already needs no removal.
    expect(outcome).toMatchObject({ copied: 1, removed: 1, conflicts: 4, failed: 0 });
    expect(outcome.examples[0]).toContain('changed by somebody else');
    const found = await world.snapshot('race/');
    expect(Object.keys(found)).toEqual(['race/extra', 'race/gone', 'race/new', 'race/quiet', 'race/written']);
    expect(found).toMatchObject({ 'race/written': { ContentLength: 5 }, 'race/gone': { ContentLength: 4 } });
  });

  it('is taken as it is where somebody else did the same', async () => {
    const engine = new Engine(world, 'twice/');
    const versionId = await world.put('twice/a', 'one', { CacheControl: 'no-cache' });
    const target = await engine.record('1');
    await world.put('twice/a', 'two');
    const planned = await engine.plan(target);
    await world.client.send(
      new CopyObjectCommand({ Bucket: world.site, Key: 'twice/a', CopySource: `${world.site}/twice/a?versionId=${versionId}` }),
    );
    expect(await engine.restore(planned.chunks)).toMatchObject({ copied: 1, conflicts: 0 });
    expect(await world.versions('twice/')).toBe(3);
    // Nothing of it is the service's to take back.
    expect(await engine.planUndo(planned.chunks)).toMatchObject({ state: 'READY', objects: 0, leftCount: 0 });
  });
});
