import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { FrontendWorld, NEVER } from './world.ts';

let world: FrontendWorld;
beforeAll(async () => {
  world = await FrontendWorld.start();
});
afterAll(() => world.close());

const anyKey = fc.constantFrom('index.html', 'a', 'b/c', 'd e', 'f+g', '\u{e000}', '\u{10000}');
const anyDeed = fc.record({
  key: anyKey,
  body: fc.option(fc.constantFrom('x', 'y'), { freq: 3 }),
  cache: fc.constantFrom('a', 'b'),
});

it('brings any bucket back to any manifest, and back again', async () => {
  let run = 0;
  const anyDeeds = fc.array(anyDeed, { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(anyDeeds, anyDeeds, fc.boolean(), async (before, after, inBits) => {
      run += 1;
      const prefix = `run-${run}/`;
      const engine = new Engine(world, prefix);
      const carryOut = async (deeds: typeof before) => {
        for (const { key, body, cache } of deeds) {
          if (body === null) await world.remove(prefix + key);
          else await world.put(prefix + key, body, { CacheControl: cache });
        }
        return world.snapshot(prefix);
      };
      const good = await carryOut(before);
      const target = await engine.record('1');
      const bad = await carryOut(after);
      const { chunks } = await engine.plan(target, 'apply', inBits ? { until: NEVER, pageSize: 3 } : {});
      expect(await engine.restore(chunks)).toMatchObject({ conflicts: 0, failed: 0 });
      expect(await world.snapshot(prefix)).toEqual(good);
      expect(await engine.undo(chunks)).toMatchObject({ conflicts: 0, failed: 0 });
      expect(await world.snapshot(prefix)).toEqual(bad);
    }),
    { numRuns: 12 },
  );
});
