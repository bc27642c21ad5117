import { describe, expect, it } from 'vitest';
import { expiryRefusal } from '../../../lib/domain/frontend/lifecycle.ts';

const now = new Date('2026-11-22T12:00:00Z');
const rule = { id: 'old-versions', prefix: '', noncurrentDays: 30 };

describe('a time to go back to', () => {
  it('is refused when versions of then may have been deleted, naming the rule', () => {
    const refusal = expiryRefusal([rule], 'site/', '2026-10-20T12:00:00Z', now);
    expect(refusal).toMatchObject({ code: 'frontend-versions-lost', message: expect.stringContaining('old-versions') });
  });

  it('is let through within the days that versions are kept', () =>
    expect(expiryRefusal([rule], 'site/', '2026-10-24T12:00:00Z', now)).toBeNull());

  it('is let through when the rule is about other objects', () =>
    expect(expiryRefusal([{ ...rule, prefix: 'logs/' }], 'site/', '2026-01-01T12:00:00Z', now)).toBeNull());

  it('is refused when the rule is about a part of the objects', () =>
    expect(expiryRefusal([{ ...rule, prefix: 'site/old/' }], 'site/', '2026-01-01T12:00:00Z', now)).not.toBeNull());
});
