import { describe, expect, it } from 'vitest';
import { describeEstimate, estimate } from '../../lib/domain/estimate.ts';

const minutes = (...all: number[]) => all.map((each) => each * 60_000);

describe('an estimate', () => {
  it("is the runbook's with fewer than three rollbacks like it", () => {
    expect(estimate('code', minutes(1, 2))).toEqual({ medianMinutes: 5, p90Minutes: 10, source: 'runbook', rollbacks: 2 });
  });

  it("is the median and 90th percentile of the application's own else", () => {
    expect(estimate('code', minutes(9, 1, 2))).toEqual({ medianMinutes: 2, p90Minutes: 9, source: 'log', rollbacks: 3 });
    expect(estimate('code', minutes(10, 9, 8, 7, 6, 5, 4, 3, 2, 1))).toMatchObject({ medianMinutes: 5, p90Minutes: 9 });
  });

  it('is never nothing', () => expect(estimate('code', [5, 5, 5])).toMatchObject({ medianMinutes: 0.1, p90Minutes: 0.1 }));

  it('says where it comes from', () => {
    expect(describeEstimate(estimate('configuration', []))).toBe("5 min (the runbook's figures)");
    expect(describeEstimate(estimate('code', minutes(1, 2, 3)))).toBe('2-3 min (median and 90th percentile of 3 like it)');
  });
});
