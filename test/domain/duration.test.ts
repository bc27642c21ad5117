import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDuration, milliseconds, minutes } from '../../lib/domain/duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['4h', 14_400_000],
    ['2d', 172_800_000],
  ])('reads %s', (text, ms) => expect(milliseconds(text)).toBe(ms));

  it('counts minutes', () => expect(minutes('90s')).toBe(1.5));

  it.each(['', '15', 'm', '1.5h', '-1m', '15 m', '1w'])('refuses "%s" and says what is wanted', (text) => {
    expect(() => milliseconds(text)).toThrow(/number and a unit/);
  });
});

describe('described durations', () => {
  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [5_000, '5 s'],
    [125_000, '2 min 5 s'],
    [120_000, '2 min'],
    [3_725_000, '1 h 2 min'],
    [3_605_000, '1 h'],
    [90_000_000, '1 d 1 h'],
    [-5, '0 s'],
  ])('%d ms is %s', (ms, text) => expect(describeDuration(ms)).toBe(text));

  it('never shows more than two units', () => {
    fc.assert(fc.property(fc.nat(), (ms) => /^\d+ \w+( \d+ \w+)?$/.test(describeDuration(ms))));
  });
});
