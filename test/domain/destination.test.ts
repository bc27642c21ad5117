import { describe, expect, it } from 'vitest';
import type { Component, Release } from '../../lib/contracts.ts';
import { type DestinationFacts, destinationOf } from '../../lib/domain/destination.ts';
import { ago, BAD, GOOD, manifest, NOW, release, rollback } from './builders.ts';

const backup = { id: 'bk-shop-1', at: ago(61) };
const good = release({ deployedAt: ago(3000) });
const bad = release({ version: '1.3.0', commit: BAD, deployedAt: ago(60), status: 'deployed' });
const of = (components: Component[], asked: Partial<DestinationFacts['rollback']> = {}, releases: Release[] = [good, bad]) =>
  destinationOf({
    rollback: { ...rollback({ trigger: { type: 'http' } }), ...asked },
    manifest: manifest(),
    components,
    releases,
    running: { release: releases.find(({ commit }) => commit === BAD) ?? null, commit: BAD, mixed: false },
    now: NOW,
  });
/** Whole seconds, as RDS has no finer ones. */
const justBefore = (time: string) => new Date(Date.parse(time) - 1000).toISOString();

describe('a database goes back', () => {
  it('to the moment before what runs was deployed, and the code stays', () => {
    expect(of(['database'])).toEqual({
      to: { version: '1.3.0', commit: BAD, at: justBefore(bad.deployedAt) },
      restoreTime: justBefore(bad.deployedAt),
    });
  });

  it('to the moment before the release that is named was deployed', () => {
    expect(of(['database'], { targetVersion: '1.2.0' })).toMatchObject({ restoreTime: justBefore(good.deployedAt) });
    expect(of(['database'], { targetVersion: '9.9.9' }).refusal).toEqual({
      code: 'target-unknown',
      message: expect.stringContaining('is not recorded as a release. Ask for one that GET /applications/shop/releases lists'),
    });
  });

  it('to the whole second of a time that is asked for', () => {
    expect(of(['database'], { targetTime: '2026-11-22T11:00:00.900Z' })).toMatchObject({
      restoreTime: '2026-11-22T11:00:00.000Z',
    });
  });

  it('to no time that nobody knows or that has not come', () => {
    expect(of(['database'], {}, [good]).refusal?.code).toBe('nothing-recorded');
    expect(of(['database'], { targetTime: ago(-1) }).refusal?.message).toMatch(/future/);
  });
});

describe('a configuration goes back', () => {
  it('to the copy beside it unless told otherwise', () => {
    expect(of(['configuration'])).toEqual({ to: { version: '1.3.0', commit: BAD }, configuration: { kind: 'previous' } });
  });

  it('to the backup of a release, which has to be recorded', () => {
    const found = of(['configuration'], { targetVersion: '1.2.0' }, [{ ...good, backup }, bad]);
    expect(found).toMatchObject({ configuration: { kind: 'backup', id: 'bk-shop-1' } });
    expect(of(['configuration'], { targetVersion: '1.2.0' }).refusal).toMatchObject({
      code: 'target-not-restorable',
      message: expect.stringMatching(/POST \/applications\/shop\/backups/),
    });
  });

  it('to the newest backup of a time', () => {
    expect(of(['configuration'], { targetTime: ago(30) })).toMatchObject({ configuration: { kind: 'time', at: ago(30) } });
  });

  it('to what it was, when the rollback that changed it is undone', () => {
    const trigger = { type: 'undo', of: 'shop-earlier' } as const;
    expect(of(['configuration'], { trigger })).toMatchObject({ configuration: { kind: 'backup', id: 'shop-earlier' } });
  });
});

describe('all of an application goes back', () => {
  const all: Component[] = ['code', 'database', 'configuration'];

  it('to the last good release, its data to the moment before the next one came', () => {
    expect(of(all)).toEqual({
      to: { version: '1.2.0', commit: GOOD },
      configuration: { kind: 'previous' },
      restoreTime: justBefore(bad.deployedAt),
    });
    expect(of(all, {}, [{ ...good, backup }, bad])).toMatchObject({ configuration: { kind: 'backup', id: 'bk-shop-1' } });
  });

  it('to the release that ran at a time, its data to that time', () => {
    const at = '2026-11-21T12:00:00.000Z';
    expect(of(all, { targetTime: at })).toMatchObject({ to: { version: '1.2.0' }, restoreTime: at });
    expect(of(all, { targetTime: '2020-01-01T00:00:00.000Z' }).refusal?.code).toBe('nothing-recorded');
  });

  it('only where somebody knows when the data was still right', () => {
    expect(of(all, { targetVersion: '1.3.0' }, [good, { ...bad, status: 'verified' }]).refusal).toMatchObject({
      code: 'target-not-restorable',
      message: expect.stringMatching(/target.time/),
    });
  });
});
