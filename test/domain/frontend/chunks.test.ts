import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RestoredObject } from '../../../lib/contracts.ts';
import {
  addOutcomes,
  chunkName,
  chunkRanges,
  kindOf,
  NOTHING_DONE,
  outcomeOf,
  spread,
} from '../../../lib/domain/frontend/chunks.ts';

const counts = (assets: number) => ({ assets, entries: 0, removals: 2 });

describe('the items of a Map', () => {
  it('have one chunk each while there are few', () => {
    expect(chunkRanges(counts(3), 'assets')).toEqual([0, 1, 2].map((first) => ({ kind: 'assets', first, count: 1 })));
    expect(chunkRanges(counts(3), 'entries')).toEqual([]);
    expect(chunkRanges(undefined, 'removals')).toEqual([]);
  });

  it('are never too many, hold every chunk once and are evenly filled', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 1000 }), (chunks, largest) => {
        const ranges = chunkRanges(counts(chunks), 'assets', largest);
        expect(ranges.length).toBe(Math.min(chunks, largest));
        let next = 0;
        for (const { first, count } of ranges) {
          expect(first).toBe(next);
          next += count;
        }
        expect(next).toBe(chunks);
        const sizes = ranges.map(({ count }) => count);
        if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('names chunks so that they sort', () => {
  expect(chunkName({ folder: 'rollbacks/r/apply', kind: 'assets', number: 42 })).toBe('rollbacks/r/apply/assets-00042');
});

it('tells entry points by their whole key, and their removal as a removal', () => {
  const entryPoints = new Set(['site/index.html']);
  const after = { versionId: '1', etag: 'e', size: 1 };
  expect(kindOf({ key: 'site/index.html', after }, entryPoints)).toBe('entries');
  expect(kindOf({ key: 'site/old/site/index.html', after }, entryPoints)).toBe('assets');
  expect(kindOf({ key: 'site/index.html', after: null }, entryPoints)).toBe('removals');
});

describe('outcomes', () => {
  const object = (outcome: RestoredObject['outcome'], message?: string): RestoredObject => ({
    key: 'k',
    outcome,
    ...(message !== undefined && { message }),
  });

  it('count what was done by its kind, and show failures before conflicts', () => {
    const restored = [object('done'), object('conflict', 'c'), object('failed', 'f'), object('failed', 'x'.repeat(400))];
    const outcome = outcomeOf('assets', restored);
    expect(outcome).toMatchObject({ copied: 1, removed: 0, conflicts: 1, failed: 2 });
    expect(outcome.examples.map((example) => example.slice(0, 3))).toEqual(['f', 'xxx', 'c']);
    expect(outcome.examples[1]).toHaveLength(300);
    expect(outcomeOf('removals', [object('done')])).toMatchObject({ copied: 0, removed: 1 });
  });

  it('add up, with the first examples', () => {
    const one = { copied: 1, removed: 2, conflicts: 3, failed: 4, examples: ['a', 'b'] };
    expect(addOutcomes(NOTHING_DONE, one)).toEqual(one);
    expect(addOutcomes(one, one)).toEqual({ copied: 2, removed: 4, conflicts: 6, failed: 8, examples: ['a', 'b', 'a'] });
  });
});

it('spreads samples over everything', () => {
  expect(spread([1, 2, 3], 5)).toEqual([1, 2, 3]);
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
  expect(spread([], 3)).toEqual([]);
});
