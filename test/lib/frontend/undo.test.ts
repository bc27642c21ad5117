import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFault } from '../../../local/aws/call-faults.ts';
import { Engine } from './engine.ts';
import { elsewhere, FrontendWorld, LATER, NEVER } from './world.ts';

let world: FrontendWorld;
beforeAll(async () => {
  world = await FrontendWorld.start();
});
afterAll(() => world.close());

/**
 * A site that was deployed (1) and again (2): entry point and assets overwritten, some only in their metadata, some removed, some new.
 * Answers the plan back to 1 and what it held at 1 and 2.
 */
const deployedTwice = async (prefix: string) => {
  const engine = new Engine(world, prefix);
  const put = (key: string, body: string, CacheControl = 'max-age=60') => world.put(prefix + key, body, { CacheControl });
  for (const key of ['index.html', 'app.js', 'app.css', 'old.js', 'same.js']) await put(key, `one ${key}`);
  const first = await world.snapshot(prefix);
  const target = await engine.record('1');
  for (const key of ['index.html', 'app.js']) await put(key, `two ${key}`);
  await put('app.css', 'one app.css', 'no-cache');
  await world.remove(`${prefix}old.js`);
  for (const key of ['new.js', 'a b/new+1.js']) await put(key, 'new');
  const second = await world.snapshot(prefix);
  const { chunks } = await engine.plan(target);
  return { engine, put, chunks, target, first, second };
};

describe('an undo', () => {
  it('makes of the bucket exactly what it was, new objects and deletions included', async () => {
    const { engine, chunks, first, second } = await deployedTwice('all/');
    expect(await engine.restore(chunks)).toMatchObject({ copied: 4, removed: 2, conflicts: 0, failed: 0 });
    expect(await world.snapshot('all/')).toEqual(first);
    const planned = await engine.planUndo(chunks);
    expect(planned).toMatchObject({ state: 'READY', objects: 6, leftCount: 0, chunks: { assets: 1, entries: 1, removals: 1 } });
    expect(await engine.undo(chunks)).toMatchObject({ copied: 5, removed: 1, conflicts: 0, failed: 0 });
    expect(await world.snapshot('all/')).toEqual(second);
  });

  it('takes back what was done before it came to a stop, and nothing more is begun', async () => {
    const { engine, chunks, second } = await deployedTwice('stopped/');
    await engine.chunk('assets');
    const planned = await engine.planUndo(chunks);
    expect(planned).toMatchObject({ state: 'READY', objects: 3, chunks: { entries: 0 } });
    await expect(engine.chunk('entries')).rejects.toMatchObject({ name: 'ChunkClosed' });
    expect(await engine.undo(chunks)).toMatchObject({ copied: 2, removed: 1 });
    expect(await world.snapshot('stopped/')).toEqual(second);
  });

  it('of nothing does nothing', async () => {
    const { engine, chunks, second } = await deployedTwice('none/');
    const versions = await world.versions('none/');
    expect(await engine.undo(chunks)).toMatchObject({ copied: 0, removed: 0 });
    expect(await world.versions('none/')).toBe(versions);
    expect(await world.snapshot('none/')).toEqual(second);
  });

  it('leaves alone what somebody else changed, before or after the service did', async () => {
    const { engine, put, chunks } = await deployedTwice('meanwhile/');
    await put('app.js', 'three');
    expect(await engine.restore(chunks)).toMatchObject({ conflicts: 1 });
    await put('old.js', 'four');
    const planned = await engine.planUndo(chunks);
    expect(planned).toMatchObject({ objects: 5, leftCount: 1, left: ['meanwhile/app.js'] });
    expect(await engine.undo(chunks)).toMatchObject({ copied: 4, removed: 0, conflicts: 1 });
    expect(await world.snapshot('meanwhile/')).toMatchObject({
      'meanwhile/app.js': { ContentLength: 5 },
      'meanwhile/old.js': { ContentLength: 4 },
      'meanwhile/index.html': { ContentLength: 14 },
    });
  });

  it('answers the same plan when it is asked for again', async () => {
    const { engine, chunks, second } = await deployedTwice('repeated/');
    await engine.restore(chunks);
    const planned = await engine.planUndo(chunks);
    await engine.undo(chunks);
    expect(await engine.planUndo(chunks)).toEqual(planned);
    expect(await engine.undo(chunks)).toMatchObject({ copied: 5, removed: 1 });
    expect(await world.snapshot('repeated/')).toEqual(second);
  });
});

describe.skipIf(elsewhere)('an undo of a step that was killed', () => {
  const strike = (fault: Omit<CallFault, 'service'>) => world.laptop.faults.inject({ service: 's3', ...fault });
  const refused = { kind: 'error' as const, error: { code: 'AccessDenied', status: 403, message: 'Access Denied' } };
  /** Leaves the assets half done, and nothing written of it. */
  const killed = async (prefix: string) => {
    const site = await deployedTwice(prefix);
    strike({ operation: 'CopyObject', when: ({ Key }) => Key === `${prefix}app.js`, ...refused });
    strike({ operation: 'PutObject', when: ({ Key }) => Key.endsWith('.done.jsonl'), ...refused });
    await expect(site.engine.chunk('assets')).rejects.toThrow('Access Denied');
    return site;
  };

  it('waits while it may still be at work', async () => {
    const { engine, chunks } = await killed('waits/');
    expect(await engine.planUndo(chunks, NEVER)).toMatchObject({ state: 'PENDING' });
    expect(await engine.planUndo(chunks, LATER)).toMatchObject({ state: 'READY', objects: 2 });
  });

  it('finds out what it changed', async () => {
    const { engine, chunks, second } = await killed('killed/');
    expect(await engine.undo(chunks)).toMatchObject({ copied: 1, removed: 1, conflicts: 0, failed: 0 });
    expect(await world.snapshot('killed/')).toEqual(second);
    await expect(engine.chunk('assets')).rejects.toMatchObject({ name: 'ChunkClosed' });
  });

  it('finds out what failed objects are now', async () => {
    const { engine, chunks, second } = await deployedTwice('failed/');
    // The copy is made, but its answer and every look at it are lost.
    let isDown = true;
    const ofIndex = ({ Key }: { Key: string }) => isDown && Key === 'failed/index.html';
    strike({ operation: 'CopyObject', kind: 'lost-answer', when: ofIndex });
    strike({ operation: 'HeadObject', kind: 'refused', when: ofIndex, times: 10_000 });
    engine.settings = { patience: { first: 5, longest: 20, total: 200 } };
    expect(await engine.restore(chunks)).toMatchObject({ failed: 1 });
    isDown = false;
    expect(await engine.undo(chunks)).toMatchObject({ failed: 0, conflicts: 0 });
    expect(await world.snapshot('failed/')).toEqual(second);
  });
});
