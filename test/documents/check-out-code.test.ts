import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';
import { server } from './repository.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
});
afterEach(() => at.host.stop());

describe('a switch', () => {
  it('goes to the commit, restarts and answers where it stands', async () => {
    const before = await at.mainPid();
    const result = await at.host.result('check-out-code', { ...at.values, commit: at.good, expectedVersion: '1.0.0', maxErrors: '0', settleSeconds: '1' });
    expect(result).toMatchObject({
      previousCommit: at.bad,
      commit: at.good,
      changed: true,
      savedRef: null,
      savedCount: 0,
      restored: null,
      services: [
        { name: 'web', state: 'active' },
        { name: 'proxy', state: 'active' },
      ],
      health: { status: 200, version: '1.0.0' },
      errorsInLogs: 0,
    });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.good);
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(await at.version()).toBe('1.0.0');
    expect(await at.mainPid()).not.toBe(before);
  });

  it('changes nothing when all is right already', async () => {
    await at.host.result('check-out-code', { ...at.values, commit: at.good });
    const pid = await at.mainPid();
    expect(await at.host.result('check-out-code', { ...at.values, commit: at.good })).toMatchObject({ changed: false, previousCommit: at.good });
    expect(await at.mainPid()).toBe(pid);
  });
});
