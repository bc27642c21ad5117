import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Release } from '../../lib/contracts.ts';
import { isVerified, runningRelease } from '../../lib/domain/releases.ts';
import { chooseTarget, type TargetChoice } from '../../lib/domain/target.ts';
import { ago, BAD, GOOD, NOW, OTHER, release, releases } from './builders.ts';

function choose(recorded: Release[], changes: Partial<TargetChoice> = {}) {
  const running = runningRelease(recorded, [BAD]);
  return chooseTarget({ application: 'shop', releases: recorded, running, verifyAfter: '30m', now: NOW, ...changes });
}

const older = release({ version: '1.1.0', commit: OTHER, deployedAt: ago(6000) });
const running = release({ version: '1.3.0', commit: BAD, deployedAt: ago(60), status: 'deployed' });

describe('the last known good release', () => {
  it('is the newest verified one before what runs', () => expect(choose([older, ...releases()]).target?.version).toBe('1.2.0'));

  it('is not the one before when that is bad', () => {
    expect(choose([older, release({ status: 'bad' }), running]).target?.version).toBe('1.1.0');
  });

  it('is not the one before when that was never proven', () => {
    expect(choose([older, release({ status: 'deployed', deployedAt: ago(70) }), running]).target?.version).toBe('1.1.0');
  });

  it('is not a newer one that was recorded but does not run', () => {
    const newer = release({ version: '1.4.0', commit: OTHER, deployedAt: ago(5) });
    expect(choose([...releases(), newer]).target?.version).toBe('1.2.0');
  });

  it('is not the running commit under another version', () => {
    expect(choose([release({ commit: BAD }), running]).refusal?.code).toBe('nothing-recorded');
  });

  it('is not a commit that is marked bad under another version', () => {
    const refusal = choose([
      release(),
      release({ version: '1.2.0-again', status: 'bad', deployedAt: ago(2900) }),
      running,
    ]).refusal;
    expect(refusal).toMatchObject({
      code: 'target-bad',
      message: expect.stringContaining('as 1.2.0-again with the same commit'),
    });
  });

  it('is the newest verified one of all when what runs was never recorded', () => {
    expect(choose([older, release()], { running: { release: null, commit: BAD, mixed: false } }).target?.version).toBe('1.2.0');
  });
});

describe('without a last known good release it is refused', () => {
  it('saying that nothing earlier is recorded', () => expect(choose([running]).refusal?.code).toBe('nothing-recorded'));

  it('saying of each earlier one why not', () => {
    const bad = release({ version: '1.1.0', commit: OTHER, deployedAt: ago(6000), status: 'bad', statusReason: 'loses orders' });
    const refusal = choose([bad, release({ status: 'deployed', deployedAt: ago(70) }), running]).refusal;
    expect(refusal?.code).toBe('target-unverified');
    expect(refusal?.message).toMatch(/1\.2\.0 \(aaaaaaa\) is not verified: it ran 10 min of the 30m/);
    expect(refusal?.message).toContain('1.1.0 (ccccccc) is marked bad (loses orders)');
  });
});

describe('a requested version', () => {
  it('is taken when it is verified, older than another good one or not', () => {
    expect(choose([older, ...releases()], { requestedVersion: '1.1.0' }).target?.version).toBe('1.1.0');
  });

  it('is refused when it is not recorded, naming those that are', () => {
    expect(choose(releases(), { requestedVersion: '9' }).refusal).toMatchObject({
      code: 'target-unknown',
      message:
        'Version 9 is not recorded as a release (recorded: 1.3.0, 1.2.0). Ask for one that GET /applications/shop/releases lists, or record it first with POST /applications/shop/releases.',
    });
  });

  it('is refused when it is bad', () => {
    expect(choose([release({ status: 'bad' }), running], { requestedVersion: '1.2.0' }).refusal?.code).toBe('target-bad');
  });

  it('is refused when it is bad, with the reason or else with who said so and when', () => {
    const why = (changes: Partial<Release>) =>
      choose([release({ status: 'bad', ...changes }), running], { requestedVersion: '1.2.0' }).refusal?.message;
    const marked = { statusBy: 'ben', statusAt: ago(5) };
    expect(why({ ...marked, statusReason: 'leaks' })).toBe('1.2.0 (aaaaaaa) is marked bad (leaks).');
    expect(why(marked)).toBe(`1.2.0 (aaaaaaa) is marked bad (by ben at ${ago(5)}, without a reason).`);
    expect(why({})).toBe('1.2.0 (aaaaaaa) is marked bad (by ci, without a reason).');
  });

  it('is refused when unverified, with the way to mark it verified', () => {
    const recorded = [release({ status: 'deployed', deployedAt: ago(3000), alarmedAt: ago(2000) }), running];
    expect(choose(recorded, { requestedVersion: '1.2.0' }).refusal).toMatchObject({
      code: 'target-unverified',
      message: expect.stringMatching(/an alarm fired.*PATCH \/applications\/shop\/releases\/1\.2\.0/),
    });
  });

  it('may be unverified for an undo', () => {
    const recorded = [release({ status: 'deployed', deployedAt: ago(61) }), running];
    expect(choose(recorded, { requestedVersion: '1.2.0', acceptUnverified: true }).target?.version).toBe('1.2.0');
  });

  it('is refused when it is what runs everywhere', () => {
    expect(choose(releases(), { requestedVersion: '1.3.0', acceptUnverified: true }).refusal?.code).toBe('target-is-current');
  });

  it('may be what some hosts run, as the way out of a mixed fleet', () => {
    const mixed = runningRelease(releases(), [BAD, GOOD]);
    expect(choose(releases(), { requestedVersion: '1.3.0', running: mixed }).target?.version).toBe('1.3.0');
  });
});

const anyRelease = fc.record({
  commit: fc.constantFrom(GOOD, BAD, OTHER, 'd'.repeat(40)),
  deployedAt: fc.integer({ min: 0, max: 500 }).map(ago),
  status: fc.constantFrom('deployed' as const, 'verified' as const, 'bad' as const),
  alarmed: fc.option(fc.integer({ min: 0, max: 500 }).map(ago), { nil: undefined }),
});
const anyReleases = fc
  .array(anyRelease, { maxLength: 8 })
  .map((all) =>
    all.map(({ alarmed, ...each }, index) =>
      release({ ...each, version: `v${index}`, ...(alarmed === undefined ? {} : { alarmedAt: alarmed }) }),
    ),
  );

describe('whatever is recorded and runs', () => {
  const anyCommits = fc.array(fc.constantFrom(GOOD, BAD, OTHER, 'e'.repeat(40)), { maxLength: 4 });
  const anyVersion = fc.option(
    fc.nat(8).map((index) => `v${index}`),
    { nil: undefined },
  );

  it('the target is never bad, always verified, and not the running commit unless asked for while hosts are mixed', () => {
    fc.assert(
      fc.property(anyReleases, anyCommits, anyVersion, (recorded, commits, requestedVersion) => {
        const now = runningRelease(recorded, commits);
        const { target } = chooseTarget({
          application: 'shop',
          releases: recorded,
          running: now,
          requestedVersion,
          verifyAfter: '30m',
          now: NOW,
        });
        if (target === undefined) return;
        expect(recorded.filter(({ commit }) => commit === target.commit).map(({ status }) => status)).not.toContain('bad');
        expect(isVerified(target, recorded, '30m', NOW)).toBe(true);
        if (target.commit === now.commit) expect(now.mixed && requestedVersion !== undefined).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
