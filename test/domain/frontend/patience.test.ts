import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../lib/domain/frontend/failure.ts';
import { A_MINUTE, pauseAfter } from '../../../lib/domain/frontend/patience.ts';

describe('the pause after a failure', () => {
  it('grows twofold up to its limit, with full jitter', () => {
    expect([1, 2, 3, 6, 7, 20].map((attempt) => pauseAfter(attempt, A_MINUTE, 1))).toEqual([
      250, 500, 1000, 8000, 10_000, 10_000,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const pause = pauseAfter(attempt, A_MINUTE, random);
        expect(pause >= 0 && pause <= A_MINUTE.longest).toBe(true);
      }),
    );
  });
});

describe('a failure in words', () => {
  it('names the key, the cause and what to do', () => {
    const message = describeFailure('a/b.js', 'copied', {
      name: 'AccessDenied',
      message: 'User x is not authorized to perform: s3:PutObject.',
    });
    expect(message).toMatch(
      /^a\/b\.js could not be copied: AccessDenied \(User x is not authorized to perform: s3:PutObject\)\. Let /,
    );
  });

  it('takes a refusal of the key service for what it is', () => {
    expect(describeFailure('k', 'copied', { name: 'KMS.DisabledException', message: '' })).toContain('KMS key');
  });

  it('says what it heard when it knows no advice', () => {
    expect(describeFailure('k', 'removed', { name: 'Strange', message: 'Strange' })).toBe('k could not be removed: Strange.');
  });
});
