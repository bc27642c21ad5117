import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, groupByCommit, undoWaves, waves } from '../../lib/domain/waves.ts';
import { BAD, GOOD } from './builders.ts';

const hosts = (count: number) => Array.from({ length: count }, (_, index) => `i-${String(index).padStart(3, '0')}`);
const sizes = (count: number, canary: number, concurrency: number | string) =>
  waves(hosts(count), { canary, concurrency }, GOOD).map((wave) => wave.hosts.length);

describe('waves', () => {
  it('begin with the canary', () => expect(sizes(9, 1, '25%')).toEqual([1, 2, 2, 2, 2]));
  it('take a number of hosts', () => expect(sizes(7, 2, 3)).toEqual([2, 3, 2]));
  it('take one host where the share is less than one', () => expect(sizes(3, 1, '25%')).toEqual([1, 1, 1]));
  it('have no canary if none is wanted', () => expect(sizes(4, 0, '50%')).toEqual([2, 2]));
  it('are one if the canary is all', () => expect(sizes(2, 5, 1)).toEqual([2]));
  it('never have more than 50 hosts', () => expect(sizes(220, 1, '100%')).toEqual([1, 50, 50, 50, 50, 19]));
  it('are none without hosts', () => expect(sizes(0, 1, 1)).toEqual([]));

  it('are the same whatever the order of the hosts', () => {
    const settings = { canary: 1, concurrency: 2 };
    expect(waves(['c', 'a', 'b'], settings, GOOD)).toEqual(waves(['a', 'b', 'c'], settings, GOOD));
  });

  const anyHosts = fc.uniqueArray(
    fc.integer({ min: 0, max: 999 }).map((n) => `i-${n}`),
    { maxLength: 130 },
  );
  const anyConcurrency = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
  );

  it('hold every host exactly once, at most 50 each, numbered from 0', () => {
    fc.assert(
      fc.property(anyHosts, fc.nat(50), anyConcurrency, (ids, canary, concurrency) => {
        const made = waves(ids, { canary, concurrency }, GOOD);
        expect(made.flatMap((wave) => wave.hosts).toSorted()).toEqual(ids.toSorted());
        expect(made.every((wave, index) => wave.index === index && wave.hosts.length >= 1 && wave.hosts.length <= 50)).toBe(true);
      }),
    );
  });

  it('going back hold every touched host once, with its own commit', () => {
    const commits = fc.func(fc.constantFrom(GOOD, BAD));
    fc.assert(
      fc.property(anyHosts, commits, fc.func(fc.boolean()), anyConcurrency, (ids, commitOf, isServing, concurrency) => {
        const captures = ids.map((id) => ({ host: id, commit: commitOf(id) }));
        const [touched, serving] = [ids.slice(2), ids.filter(isServing)];
        const made = undoWaves({ captures, touched, serving, concurrency });
        const back = made.flatMap(({ hosts: group, commit }) => group.map((id) => ({ host: id, commit })));
        expect(back.toSorted((a, b) => (a.host < b.host ? -1 : 1))).toEqual(
          captures.slice(2).toSorted((a, b) => (a.host < b.host ? -1 : 1)),
        );
        expect(made.every((wave, index) => wave.index === index && wave.hosts.length >= 1 && wave.hosts.length <= 50)).toBe(true);
      }),
    );
  });
});

it('hosts that went back are looked at by commit', () => {
  const captures = [
    { host: 'i-3', commit: GOOD },
    { host: 'i-2', commit: BAD },
    { host: 'i-1', commit: GOOD },
  ];
  expect(groupByCommit(captures)).toEqual([
    { index: 0, commit: GOOD, hosts: ['i-1', 'i-3'] },
    { index: 1, commit: BAD, hosts: ['i-2'] },
  ]);
});

describe('the way back', () => {
  const back = (count: number, serving: number, concurrency: number | string, touched = count) =>
    undoWaves({
      captures: hosts(count).map((host) => ({ host, commit: BAD })),
      touched: hosts(touched),
      serving: hosts(serving),
      concurrency,
    }).map((wave) => wave.hosts);

  it('of hosts that serve is as gradual as the way there, by the share of all hosts', () =>
    expect(back(8, 8, '25%', 5).map(({ length }) => length)).toEqual([2, 2, 1]));
  it('begins with all those that are down, at once', () =>
    expect(back(6, 3, 2)).toEqual([['i-003', 'i-004', 'i-005'], ['i-000', 'i-001'], ['i-002']]));
  it('is one wave where nothing serves', () => expect(back(40, 0, 1)).toHaveLength(1));
  it('takes about twenty rounds at most', () => expect(back(1000, 1000, 1)).toHaveLength(20));
});

it('batches hold up to 50 hosts without a canary', () => {
  expect(batches(hosts(51), GOOD).map((batch) => batch.hosts.length)).toEqual([50, 1]);
});
