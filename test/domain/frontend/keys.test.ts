import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, decodeKey, encodeKey } from '../../../lib/domain/frontend/keys.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 8 });

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
      { numRuns: 2000 },
    );
  });

  it('puts characters above U+FFFF behind those below, as UTF-16 does not', () => {
    expect('\u{10000}' < '\u{e000}').toBe(true);
    expect(compareKeys('\u{10000}', '\u{e000}')).toBeGreaterThan(0);
    expect(compareKeys('a\u{ffff}', 'a\u{1f600}')).toBeLessThan(0);
    expect(compareKeys('a', 'a/')).toBeLessThan(0);
  });
});

describe('keys in addresses', () => {
  it('come back from a listing, where a plus sign is a blank', () => {
    expect(decodeKey('a+b%2Bc/%25/%C3%A4')).toBe('a b+c/%/ä');
  });

  it('keep their slashes', () => {
    expect(encodeKey('a b//c+d/../ä?x#y')).toBe('a%20b//c%2Bd/../%C3%A4%3Fx%23y');
    fc.assert(
      fc.property(anyText, (key) => {
        expect(decodeURIComponent(encodeKey(key))).toBe(key);
      }),
    );
  });
});
