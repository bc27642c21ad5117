import { describe, expect, it } from 'vitest';
import type { Release } from '../../lib/contracts.ts';
import { hostGuards } from '../../lib/domain/guards.ts';
import { migrationWarnings, schemaBehindCode } from '../../lib/domain/migrations.ts';
import { ago, BAD, GOOD, hostFacts, OTHER, release } from './builders.ts';

const contracts = { head: '0042_drop_column', contracts: true };
const expands = { head: '0041_add_column', contracts: false };

/** Target 1.2.0, then 1.2.5, then 1.3.0, which runs. */
function facts(target: Release['migration'], between: Release['migration'], running: Release['migration'], changes = {}) {
  const of = (version: string, commit: string, minutes: number, migration: Release['migration']) =>
    release({ version, commit, deployedAt: ago(minutes), ...(migration === undefined ? {} : { migration }) });
  const last = of('1.3.0', BAD, 60, running);
  const all = [of('1.2.0', GOOD, 3000, target), of('1.2.5', OTHER, 1000, between), last];
  return hostFacts({ releases: all, running: { release: last, commit: BAD, mixed: false }, ...changes });
}

describe('a contracting migration', () => {
  it.each([
    ['of what runs', facts(expands, expands, contracts)],
    ['of a release between', facts(expands, contracts, expands)],
  ])('%s refuses code alone and advises full', (_where, given) => {
    expect(hostGuards(given)).toMatchObject({
      code: 'contracting-migration',
      message: expect.stringMatching(/0042_drop_column.*strategy full.*only if the manifest has a 'database' section/),
    });
  });

  it('of the target itself is no matter: its code was made for it', () =>
    expect(hostGuards(facts(contracts, expands, expands))).toBeNull());

  it('is no matter when the database goes back too', () => {
    expect(hostGuards(facts(expands, contracts, contracts, { components: ['code', 'database'] }))).toBeNull();
  });

  it('of any newer release counts when what runs was never recorded', () => {
    const running = { release: null, commit: 'e'.repeat(40), mixed: false };
    expect(hostGuards(facts(expands, contracts, expands, { running }))?.code).toBe('contracting-migration');
  });

  it('of a release newer than what runs does not count', () => {
    const given = facts(expands, expands, contracts);
    const running = { release: given.releases[1] ?? null, commit: OTHER, mixed: false };
    expect(hostGuards({ ...given, running, rollback: { ...given.rollback, trigger: { type: 'http' } } })).toBeNull();
  });
});

describe('a database that goes back alone', () => {
  const alone = { components: ['database' as const] };

  it('is warned of migrations that the running code was deployed with', () => {
    const [warning] = schemaBehindCode(facts(expands, expands, contracts, alone), ago(500));
    expect(warning).toMatch(/from migration 0042_drop_column \(1\.3\.0 \(bbbbbbb\)\) to 0041_add_column.*strategy full/);
    expect(schemaBehindCode(facts(expands, contracts, undefined, alone), ago(1500))).toHaveLength(1);
    expect(schemaBehindCode(facts(undefined, undefined, contracts, alone), ago(500))[0]).toContain('an unknown one');
  });

  it('is no matter where the schema was the same, the code goes back too, or the database stays', () => {
    expect(schemaBehindCode(facts(expands, expands, contracts, alone), ago(30))).toEqual([]);
    expect(schemaBehindCode(facts(expands, expands, expands, alone), ago(500))).toEqual([]);
    expect(schemaBehindCode(facts(undefined, undefined, undefined, alone), ago(500))).toEqual([]);
    expect(schemaBehindCode(facts(expands, contracts, contracts, { components: ['code', 'database'] }), ago(500))).toEqual([]);
    expect(schemaBehindCode(facts(expands, contracts, contracts, alone), undefined)).toEqual([]);
  });

  it('goes by what runs, not by what was deployed after it', () => {
    const given = facts(expands, expands, contracts, alone);
    const running = { release: given.releases[1] ?? null, commit: OTHER, mixed: false };
    expect(schemaBehindCode({ ...given, running }, ago(2000))).toEqual([]);
  });
});

describe('unknown migrations', () => {
  it('warn when some releases record one and others do not', () => {
    expect(migrationWarnings(facts(expands, undefined, expands))).toEqual([expect.stringContaining('1.2.5 (ccccccc)')]);
    expect(migrationWarnings(facts(undefined, expands, expands))).toEqual([expect.stringContaining('1.2.0 (aaaaaaa)')]);
  });

  it('do not warn where all or none record one', () => {
    expect(migrationWarnings(facts(expands, expands, expands))).toEqual([]);
    expect(migrationWarnings(facts(undefined, undefined, undefined))).toEqual([]);
  });

  it('do not refuse', () => expect(hostGuards(facts(expands, undefined, expands))).toBeNull());
});
