import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Refusal, WHOLE_SERVICE } from '../../lib/contracts.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('a rollback that is refused', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** Refused with the reason on record, in the header as in the log, and nobody is left holding the lock. */
  const refusalOf = async (stage: Stage, request?: object): Promise<Refusal | undefined> => {
    const { rollbackId, status, refusal, resolution, endedAt } = await stage.rollBack(request);
    expect({ status, endedAt }).toEqual({ status: 'refused', endedAt: expect.any(String) });
    expect(resolution).toContain(refusal?.message);
    const events = await stage.events(rollbackId);
    expect(events.map(({ phase, type }) => `${phase} ${type}`)).toEqual(['trigger requested', 'plan refused', 'close refused']);
    expect(events[1]?.detail).toEqual(refusal);
    await stage.expectOrder(rollbackId);
    return refusal;
  };

  it.concurrent('says which target it cannot go back to, and why', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    await stage.record('1.0.0', { status: 'bad', deployedAt: '2026-01-05T09:00:00Z' });
    await stage.record('1.3.0');
    const to = (version: string) => refusalOf(stage, { target: { version } });
    expect(await to('9.9.9')).toEqual({
      code: 'target-unknown',
      message: expect.stringMatching(/9\.9\.9 is not recorded.*1\.1\.0/),
    });
    expect(await to('1.0.0')).toEqual({ code: 'target-bad', message: expect.stringMatching(/^1\.0\.0 \(\w{7}\) is marked bad/) });
    expect(await to('1.2.0')).toEqual({
      code: 'target-is-current',
      message: expect.stringMatching(/^1\.2\.0 .* is what runs now/),
    });
    expect(await to('1.3.0')).toEqual({
      code: 'target-unverified',
      message: expect.stringMatching(/^1\.3\.0 .* is not verified.*PATCH/),
    });
    expect(await stage.versions()).toEqual(['1.2.0']);
    // Refused ones wake nobody.
    const told = theatre.aws.sns.messages(theatre.aws.template.ofType('AWS::SNS::Topic')[0]?.arn ?? '');
    expect(told.filter(({ subject }) => subject?.includes(stage.application))).toEqual([]);
  });

  it.concurrent('names who froze the application, and goes on once that is lifted', async () => {
    const stage = await theatre.stage({ hosts: 0 });
    const freeze = `/applications/${stage.application}/freeze`;
    await stage.operator.call('PUT', freeze, { reason: 'the auction runs' });
    expect(await refusalOf(stage)).toEqual({
      code: 'frozen',
      message: expect.stringMatching(
        /is frozen by arn:aws:iam::\d+:user\/operator since .*: the auction runs\. Lift it with DELETE/,
      ),
    });
    await stage.operator.call('PUT', freeze, { reason: 'the auction ran', until: new Date(Date.now() - 1000).toISOString() });
    expect(await stage.operator.call('GET', freeze)).toEqual({ freeze: null });
    expect(await refusalOf(stage)).toMatchObject({ code: 'no-hosts' });
    await stage.operator.call('DELETE', freeze);
    expect(await refusalOf(stage)).toEqual({ code: 'no-hosts', message: expect.stringContaining('check hosts.tags') });
  });

  it.concurrent('names the host that is offline, and goes on without it if the manifest tolerates that', async () => {
    const stage = await theatre.stage();
    const [on, off] = stage.hosts.map(({ id }) => id);
    theatre.aws.ssm.setOnline(off ?? '', false);
    expect(await refusalOf(stage)).toEqual({
      code: 'hosts-offline',
      message: expect.stringContaining(`1 host of 2 cannot be reached (${off}: offline)`),
    });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);

    const path = `/applications/${stage.application}`;
    const manifest = await stage.operator.call('GET', path);
    await stage.operator.call('PUT', path, { ...manifest, hosts: { ...manifest.hosts, offlineTolerance: 1 } });
    const rollback = await stage.rollBack();
    const left = { id: off, commit: null, note: expect.stringMatching(/^was out of reach and is left out/) };
    expect(rollback).toMatchObject({ status: 'succeeded', hosts: [{ id: on, version: '1.1.0' }, left] });
    expect(rollback.resolution).toContain(`${off} was out of reach`);
    expect(rollback.followUp[0]).toBe(`Bring ${off} to what the other hosts run before it serves again.`);
    const report = await theatre.client('viewer').call('GET', `/rollbacks/${rollback.rollbackId}/report`);
    expect(report).toContain(`| ${off} |  | unknown | was out of reach`);
    const { plan } = await stage.operator.call('GET', `/rollbacks/${rollback.rollbackId}/plan`);
    expect(plan.warnings).toContainEqual(expect.stringContaining(`${off} cannot be reached and is left out`));
    expect(await stage.versions()).toEqual(['1.1.0', '1.2.0']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it.concurrent('is code alone across a migration that contracts; one that is not recorded is warned of', async () => {
    const onRelease = async (contracts: boolean) => {
      const stage = await theatre.stage({ hosts: 1 });
      await stage.record('1.3.0', { migration: { head: '0042_orders', contracts } });
      await stage.hosts[0]?.deploy('1.3.0');
      return stage;
    };
    const [contracting, expanding] = await Promise.all([onRelease(true), onRelease(false)]);
    expect(await refusalOf(contracting)).toEqual({
      code: 'contracting-migration',
      message: expect.stringMatching(/^1\.3\.0 \(\w{7}\) contracts the database schema \(0042_orders\).*Ask for strategy full/),
    });
    expect(await contracting.versions()).toEqual(['1.3.0']);
    const asked = { strategy: 'code', reason: 'a test', dryRun: true };
    const { plan } = await expanding.operator.call('POST', `/applications/${expanding.application}/rollbacks`, asked);
    expect(plan.warnings).toContainEqual(expect.stringMatching(/^No migration is recorded for 1\.2\.0 \(\w{7}\)/));
  });

  it('is any, while the whole service is frozen', async () => {
    const stage = await theatre.stage({ hosts: 0 });
    await stage.operator.call('PUT', `/applications/${WHOLE_SERVICE}/freeze`, { reason: 'the region is on fire' });
    expect(await refusalOf(stage)).toMatchObject({
      code: 'frozen',
      message: expect.stringMatching(/^The whole service is frozen .*on fire\. Lift it with DELETE \/applications\/_all\/freeze/),
    });
    await stage.operator.call('DELETE', `/applications/${WHOLE_SERVICE}/freeze`);
    expect(await refusalOf(stage)).toMatchObject({ code: 'no-hosts' });
  });
});
