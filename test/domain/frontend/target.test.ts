import { describe, expect, it } from 'vitest';
import type { Release } from '../../../lib/contracts.ts';
import { frontendTarget, referenceAt } from '../../../lib/domain/frontend/target.ts';

const frontend = { bucket: 'shop-frontend', prefix: '', entryPoints: ['index.html'], maxShrink: '50%' };
const archive = 's3://builds/shop/{version}/';

const release = (version: string, deployedAt: string, changes: Partial<Release> = {}): Release => ({
  application: 'shop',
  version,
  commit: version.padEnd(40, '0'),
  deployedAt,
  status: 'verified',
  recordedBy: 'ana',
  ...changes,
});
const old = release('1', '2026-11-01T10:00:00.000Z');
const recorded = release('1', '2026-11-01T10:00:00.000Z', { frontend: { state: 'recorded', location: 'manifests/shop/1' } });
const next = release('2', '2026-11-02T10:00:00.700Z');

describe('a release is brought back', () => {
  it('by its manifest, which is exact', () => {
    const chosen = frontendTarget({ frontend: { ...frontend, archive }, releases: [recorded, next], target: recorded });
    expect(chosen.target).toEqual({ kind: 'manifest', version: '1', location: 'manifests/shop/1' });
  });

  it('by its archived build, when no manifest is recorded', () => {
    const failed = { ...old, frontend: { state: 'failed' as const, problem: 'AccessDenied' } };
    const chosen = frontendTarget({ frontend: { ...frontend, archive }, releases: [failed, next], target: failed });
    expect(chosen.target).toEqual({ kind: 'archive', version: '1', bucket: 'builds', prefix: 'shop/1/' });
  });

  it('by the last second before the next release, when there is nothing else', () => {
    const chosen = frontendTarget({ frontend, releases: [old, next, release('3', '2026-11-03T10:00:00.000Z')], target: old });
    expect(chosen.target).toEqual({ kind: 'time', at: '2026-11-02T09:59:59.000Z' });
  });

  it('as the request says, or not at all', () => {
    const asked = (source: 'manifest' | 'archive' | 'time') =>
      frontendTarget({ frontend, releases: [recorded, next], target: recorded, wish: { source } });
    expect(asked('time').target?.kind).toBe('time');
    expect(asked('archive').refusal).toMatchObject({
      code: 'target-not-restorable',
      message: expect.stringMatching(/frontend\.archive/),
    });
    const newest = frontendTarget({ frontend, releases: [old, next], target: next });
    expect(newest.refusal?.code).toBe('target-not-restorable');
  });
});

it('names a moment by the release that ran then', () => {
  expect(referenceAt([old, next], '2026-11-02T09:00:00.000Z')).toEqual({
    version: '1',
    commit: old.commit,
    at: '2026-11-02T09:00:00.000Z',
  });
  expect(referenceAt([next], '2026-11-01T09:00:00.000Z')).toMatchObject({ version: null, commit: '' });
});
