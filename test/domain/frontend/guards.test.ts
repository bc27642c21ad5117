import { describe, expect, it } from 'vitest';
import { type FrontendFacts, frontendRefusal } from '../../../lib/domain/frontend/guards.ts';

const of = (objects: number) => ({ objects, bytes: objects * 10 });
const facts = (changes: Partial<FrontendFacts> = {}, totals: Partial<FrontendFacts['totals']> = {}): FrontendFacts => ({
  totals: { copies: of(10), removals: of(50), unchanged: of(40), target: of(50), current: of(100), ...totals },
  alone: true,
  lostCount: 0,
  lost: [],
  archivedCount: 0,
  archived: [],
  maxShrink: '50%',
  ...changes,
});

describe('a plan of objects', () => {
  it('is let through when it is as much smaller as it may be', () => expect(frontendRefusal(facts())).toBeNull());

  it('is refused when it is smaller, with the numbers and the way round', () => {
    const refusal = frontendRefusal(facts({}, { target: of(49) }));
    expect(refusal?.code).toBe('frontend-shrunken');
    expect(refusal?.message).toContain('49 objects where 100 are now: 51% fewer');
    expect(refusal?.message).toContain('frontend.maxShrink of at least 51%');
    expect(frontendRefusal(facts({ maxShrink: '51%' }, { target: of(49) }))).toBeNull();
  });

  it('is let through when every object is replaced by another one, as builds do that name assets by their content', () => {
    expect(frontendRefusal(facts({}, { removals: of(99), copies: of(99), target: of(100) }))).toBeNull();
  });

  it('is refused when nothing would be left, whatever the share', () => {
    const nothing = facts({ maxShrink: '100%' }, { target: of(0), removals: of(100), copies: of(0) });
    expect(frontendRefusal(nothing)?.code).toBe('frontend-empty');
  });

  it('that is empty before and after stops nothing else, and alone is a slip of the pen', () => {
    const none = { target: of(0), current: of(0), removals: of(0), copies: of(0), unchanged: of(0) };
    expect(frontendRefusal(facts({ alone: false }, none))).toBeNull();
    expect(frontendRefusal(facts({}, none))).toMatchObject({
      code: 'frontend-empty',
      message: expect.stringMatching(/^Neither the bucket nor the target has any object/),
    });
    expect(frontendRefusal(facts({ alone: false }, { target: of(0) }))?.code).toBe('frontend-empty');
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
