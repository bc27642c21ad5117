import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../local/aws/event-pattern.ts';

const matches = (pattern: object, event: object) => compilePattern(pattern)(event);
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

describe('event patterns', () => {
  it.each<[string, object, object, boolean]>([
    ['an exact value', { source: ['a', 'b'] }, { source: 'b' }, true],
    ['another value', { source: ['a'] }, { source: 'b' }, false],
    ['null, which is not absent', { a: [null] }, {}, false],
    ['a nested field', { detail: { state: { value: ['ALARM'] } } }, { detail: { state: { value: 'ALARM' } } }, true],
    ['all fields', { a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, false],
    ['one element of a list', { a: ['x'] }, { a: ['w', 'x'] }, true],
    ['fields of one element', { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
    ['fields of different elements', { a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
    ['prefix', { a: [{ prefix: 'eu-' }] }, { a: 'eu-central-1' }, true],
    ['prefix of no text', { a: [{ prefix: '1' }] }, { a: 12 }, false],
    ['prefix in any case', { a: [{ prefix: { 'equals-ignore-case': 'EU' } }] }, { a: 'eu-central-1' }, true],
    ['suffix', { a: [{ suffix: ':rollback' }] }, { a: 'arn:rollback' }, true],
    ['equals-ignore-case', { a: [{ 'equals-ignore-case': 'alarm' }] }, { a: 'ALARM' }, true],
    ['wildcard', { a: [{ wildcard: 'arn:*:alarm:*-5xx' }] }, { a: 'arn:aws:alarm:app-5xx' }, true],
    ['wildcard to the end', { a: [{ wildcard: '*.png' }] }, { a: 'x.png.txt' }, false],
    ['an escaped star', { a: [{ wildcard: 'a\\*b' }] }, { a: 'axb' }, false],
    ['numeric range', { a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
    ['numeric beyond', { a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5.1 }, false],
    ['numeric text', { a: [{ numeric: ['=', 5] }] }, { a: '5' }, false],
    ['anything-but', { a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'z' }, true],
    ['anything-but, missing', { a: [{ 'anything-but': 'x' }] }, {}, false],
    ['anything-but prefix', { a: [{ 'anything-but': { prefix: 'init' } }] }, { a: 'initial' }, false],
    ['anything-but suffixes', { a: [{ 'anything-but': { suffix: ['.png', '.jpg'] } }] }, { a: 'a.jpg' }, false],
    ['anything-but wildcard', { a: [{ 'anything-but': { wildcard: '*/lib/*' } }] }, { a: 'src/main' }, true],
    ['exists', { a: [{ exists: true }] }, { a: null }, true],
    ['exists of an object', { a: [{ exists: true }] }, { a: { b: 1 } }, false],
    ['absence', { a: [{ exists: false }] }, { b: 1 }, true],
    ['absence below an absent parent', { a: { b: [{ exists: false }] } }, {}, true],
    ['absence of what is there', { a: [{ exists: false }] }, { a: 1 }, false],
    ['$or', { $or: [{ a: ['x'] }, { b: [{ numeric: ['>', 1] }] }], c: ['z'] }, { b: 2, c: 'z' }, true],
    ['$or, neither', { $or: [{ a: ['x'] }, { b: ['y'] }] }, { a: 'y', b: 'x' }, false],
  ])('%s', (_name, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it.each<[string, object]>([
    ['a value outside of a list', { a: 'x' }],
    ['an empty list', { a: [] }],
    ['an empty object', { a: {} }],
    ['an unknown operator', { a: [{ like: 'x' }] }],
    ['two operators at once', { a: [{ prefix: 'x', suffix: 'y' }] }],
    ['an odd numeric range', { a: [{ numeric: ['>'] }] }],
    ['a numeric range of text', { a: [{ numeric: ['>', '1'] }] }],
    ['two stars', { a: [{ wildcard: 'a**' }] }],
    ['exists of text', { a: [{ exists: 'true' }] }],
    ['$or of one', { $or: [{ a: ['x'] }] }],
  ])('refuses %s', (_name, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(/Event pattern is not valid/);
  });
});

describe('laws of event patterns', () => {
  it('a pattern of an event’s own values matches it, and no event without one of them', () => {
    const events = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), scalar, { minKeys: 1 });
    fc.assert(
      fc.property(events, (event) => {
        const pattern = Object.fromEntries(Object.entries(event).map(([name, value]) => [name, [value]]));
        const [, ...rest] = Object.entries(event);
        expect(matches(pattern, event)).toBe(true);
        expect(matches(pattern, Object.fromEntries(rest))).toBe(false);
      }),
    );
  });

  it('anything-but is the opposite of the exact value', () => {
    const value = fc.oneof(fc.string({ maxLength: 2 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(value, value, (wanted, actual) => {
        expect(matches({ a: [{ 'anything-but': [wanted] }] }, { a: actual })).toBe(!matches({ a: [wanted] }, { a: actual }));
      }),
    );
  });

  it('a prefix, a suffix and a wildcard at that end mean the same as the text says', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\', '.', '(', '💥'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (part, value) => {
        const escaped = part.replace(/[\\*]/g, '\\$&');
        expect(matches({ a: [{ prefix: part }] }, { a: value })).toBe(value.startsWith(part));
        expect(matches({ a: [{ wildcard: `${escaped}*` }] }, { a: value })).toBe(value.startsWith(part));
        expect(matches({ a: [{ suffix: part }] }, { a: value })).toBe(value.endsWith(part));
        expect(matches({ a: [{ wildcard: `*${escaped}` }] }, { a: value })).toBe(value.endsWith(part));
      }),
      { numRuns: 1000 },
    );
  });

  it('a numeric range holds between its bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.double({ noNaN: true }), (low, high, value) => {
        expect(matches({ a: [{ numeric: ['>=', low, '<', high] }] }, { a: value })).toBe(value >= low && value < high);
      }),
    );
  });

  it('a list matches when one of its elements does', () => {
    fc.assert(
      fc.property(fc.array(scalar), scalar, (list, wanted) => {
        expect(matches({ a: [wanted] }, { a: list })).toBe(list.some((value) => value === wanted));
      }),
    );
  });

  it('$or matches when one of its patterns does', () => {
    const digit = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(digit, digit, digit, digit, (a, b, x, y) => {
        expect(matches({ $or: [{ a: [a] }, { b: [b] }] }, { a: x, b: y })).toBe(a === x || b === y);
      }),
    );
  });
});
