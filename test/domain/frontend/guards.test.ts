import { describe, expect, it } from 'vitest';
import { type FrontendFacts, frontendRefusal } from '../../../lib/domain/frontend/guards.ts';

const of = (objects: number) => ({ objects, bytes: objects * 10 });
const facts = (changes: Partial<FrontendFacts> = {}, totals: Partial<FrontendFacts['totals']> = {}): FrontendFacts => ({
  totals: { copies: of(10), removals: of(50), unchanged: of(40), target: of(50), current: of(100), ...totals },
  lostCount: 0,
  lost: [],
  archivedCount: 0,
  archived: [],
  maxShrink: '50%',
  ...changes,
});

describe('a plan of objects', () => {
  it('is let through when as much vanishes as may', () => expect(frontendRefusal(facts())).toBeNull());

  it('is refused when more would vanish, with the numbers and the way round', () => {
    const refusal = frontendRefusal(facts({}, { removals: of(51) }));
    expect(refusal?.code).toBe('frontend-shrunken');
    expect(refusal?.message).toContain('51 of the 100 objects there now (51%) would vanish and 50 be there in the end');
    expect(refusal?.message).toContain('frontend.maxShrink of at least 51%');
    expect(frontendRefusal(facts({ maxShrink: '51%' }, { removals: of(51) }))).toBeNull();
  });

  it('is refused when nothing would be left, whatever the share', () => {
    const nothing = facts({ maxShrink: '100%' }, { target: of(0), removals: of(100), copies: of(0) });
    expect(frontendRefusal(nothing)?.code).toBe('frontend-empty');
  });

  it('is let through when all is replaced by something else and that was asked for', () => {
    expect(frontendRefusal(facts({ maxShrink: '100%' }, { removals: of(100), target: of(1) }))).toBeNull();
  });

  it('fills an empty bucket', () => {
    expect(frontendRefusal(facts({}, { current: of(0), removals: of(0) }))).toBeNull();
  });

  it('is refused when versions are lost or archived, naming some', () => {
    const lost = frontendRefusal(facts({ lostCount: 12, lost: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] }));
    expect(lost?.code).toBe('frontend-versions-lost');
    expect(lost?.message).toContain('12 versions of the target no longer exist: a, b, c, d, e and 7 more');
    const archived = frontendRefusal(facts({ archivedCount: 1, archived: ['old.zip'] }));
    expect(archived?.code).toBe('frontend-versions-archived');
    expect(archived?.message).toContain('old.zip');
    expect(archived?.message).toContain('restore-object');
  });
});
