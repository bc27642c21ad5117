import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { until } from '../../local/until.ts';
import { type AlarmSwitch, alarmSwitch } from './alarm-switch.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('an alarm', () => {
  let theatre: Theatre;
  let alarms: AlarmSwitch;
  beforeAll(async () => {
    theatre = await openTheatre();
    alarms = alarmSwitch(theatre);
  });
  afterAll(() => theatre.close());

  /** Newest first. */
  const rollbacksOf = async ({ operator, application }: Stage): Promise<Rollback[]> =>
    (await operator.call('GET', `/rollbacks?application=${application}&limit=100`)).rollbacks;
  /** Waits until so many rollbacks are on record; answers them newest first. */
  const onRecord = (stage: Stage, number: number, withinMs = 30_000) =>
    until(
      `${number} rollbacks of ${stage.application}`,
      withinMs,
      async () => {
        const found = await rollbacksOf(stage);
        return found.length >= number ? found : undefined;
      },
      500,
    );
  /** The same once they are over, asked for one by one: functions asked by many at once start cold. */
  const ended = async (stage: Stage, number: number): Promise<Rollback[]> => {
    const over: Rollback[] = [];
    for (const { rollbackId } of await onRecord(stage, number)) over.push(await stage.ended(rollbackId));
    return over;
  };
  const watched = (stage: Stage) =>
    until(
      'a rollback that is watched',
      60_000,
      async () => (await rollbacksOf(stage)).find(({ status }) => status === 'monitoring'),
      500,
    );
  /** Each announcement once: a call whose answer was lost is made again with the very same words, as EventBridge delivers at least once. */
  const announced = (rollbackId: string) => {
    const events = theatre.aws.events
      .published()
      .filter(({ source }) => source === 'rollback-service')
      .map((event) => ({ ...event, detail: event.detail as Record<string, unknown> }))
      .filter(({ detail }) => detail.rollbackId === rollbackId);
    return [...new Map(events.map((event) => [JSON.stringify(event.detail), event])).values()];
  };
  /** Nothing that was published is on its way any more. */
  const settled = async () => {
    await theatre.aws.events.idle();
    await theatre.aws.asyncInvocations.idle();
  };
  const trigger = (alarm: string) => ({ alarm, onlyWithin: '10m' });
  const monitor = { for: '4s', every: '1s' };

  it.concurrent('rolls back by itself, once however often its event comes, and tells the bus and people', async () => {
    const alarm = 'shop-5xx';
    await alarms.create([alarm]);
    const limits = { cooldown: '30m', perDay: 3 };
    const stage = await theatre.stage({
      hosts: 1,
      manifest: { monitor: { ...monitor, alarms: [alarm] }, triggers: [trigger(alarm)], limits, verifyAfter: '1s' },
    });
    await stage.deploy('1.3.0');
    await alarms.set([alarm], 'ALARM');
    const [started] = await onRecord(stage, 1);
    const event = alarms.firedEvents(alarm).at(-1);
    theatre.aws.events.redeliver(event ?? '');
    await watched(stage);
    await alarms.set([alarm], 'OK');

    const rollback = await stage.ended(started?.rollbackId ?? '');
    expect(rollback).toMatchObject({
      status: 'succeeded',
      trigger: { type: 'alarm', alarmName: alarm, onlyWithin: '10m', stateReason: expect.stringContaining('Threshold Crossed') },
      performedBy: `alarm ${alarm}`,
      reason: expect.stringContaining(`${alarm} went to ALARM: Threshold Crossed`),
      from: { version: '1.3.0' },
      to: { version: '1.2.0' },
    });
    expect(await stage.versions()).toEqual(['1.2.0']);
    const events = await stage.events(rollback.rollbackId);
    expect(events.filter(({ type }) => type === 'duplicate')).toHaveLength(1);
    expect(events.find(({ phase }) => phase === 'monitor')).toMatchObject({ type: 'better' });
    expect(await rollbacksOf(stage)).toHaveLength(1);
    await stage.expectOrder(rollback.rollbackId);

    const statuses = announced(rollback.rollbackId).map(({ detail }) => [detail.previousStatus, detail.status]);
    expect(statuses).toEqual([
      [null, 'requested'],
      ['requested', 'planned'],
      ['planned', 'in-progress'],
      ['in-progress', 'monitoring'],
      ['monitoring', 'succeeded'],
    ]);
    expect(announced(rollback.rollbackId).at(-1)).toMatchObject({
      'detail-type': 'Rollback Status Changed',
      detail: { application: stage.application, outcome: 'succeeded', from: { version: '1.3.0' }, to: { version: '1.2.0' } },
    });
    const letters = () =>
      theatre.aws.sns
        .messages(theatre.aws.template.ofType('AWS::SNS::Topic')[0]?.arn ?? '')
        .filter(({ message }) => message.includes(rollback.rollbackId));
    // People are told last, after the lock is free.
    await until('a letter', 10_000, async () => letters().length > 0 || undefined);
    expect(letters()).toMatchObject([
      {
        subject: `[${stage.application}] rollback succeeded`,
        message: expect.stringMatching(/From 1\.3\.0 to 1\.2\.0\n.*went to ALARM/),
      },
    ]);

    // It ran for its second, but with an alarm: no proof.
    const body = { strategy: 'code', reason: 'a test', target: { version: '1.3.0' }, dryRun: true };
    expect((await stage.operator.call('POST', `/applications/${stage.application}/rollbacks`, body)).refusal).toMatchObject({
      code: 'target-unverified',
      message: expect.stringContaining('an alarm fired at'),
    });
    await alarms.set([alarm], 'ALARM');
    const [second] = await onRecord(stage, 2);
    expect(await stage.ended(second?.rollbackId ?? '')).toMatchObject({
      status: 'refused',
      refusal: { code: 'cooldown', message: expect.stringContaining('waits for the cooldown of 30m') },
    });
  });

  it.concurrent('is one of ten at once: one goes through, each other says what kept it back', async () => {
    const ten = Array.from({ length: 10 }, (_, index) => `ten-${index}`);
    await alarms.create(ten);
    const stage = await theatre.stage({
      hosts: 1,
      manifest: { monitor: { ...monitor, alarms: [] }, triggers: ten.map(trigger), limits: { cooldown: '1s', perDay: 1 } },
    });
    await stage.deploy('1.3.0');
    await alarms.set(ten, 'ALARM');
    const { rollbackId } = await watched(stage);
    await alarms.set(ten, 'OK');
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'succeeded', to: { version: '1.2.0' } });
    const all = await ended(stage, 10);
    expect(all).toHaveLength(10);
    const others = all.filter((each) => each.rollbackId !== rollbackId);
    for (const other of others) {
      // Who still waited when its alarm went back to OK has nothing to mend any more.
      expect(other.status).toBe('refused');
      expect(['rollback-in-progress', 'alarm-not-firing']).toContain(other.refusal?.code);
      // The one that was asked for first, or the one that has the lock.
      const said = (await stage.events(other.rollbackId)).filter(({ detail }) => detail.code === 'rollback-in-progress');
      expect(said.length).toBeGreaterThan(0);
      for (const { detail } of said)
        expect(all.some((each) => String(detail.message).includes(each.rollbackId) && each.rollbackId !== other.rollbackId)).toBe(
          true,
        );
      await stage.expectOrder(other.rollbackId);
    }
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(rollbackId);

    // Past the cooldown, so that only the day's limit is left to refuse.
    await pause(1_500);
    await alarms.set(['ten-0'], 'ALARM');
    const [eleventh] = await onRecord(stage, 11);
    expect(await stage.ended(eleventh?.rollbackId ?? '')).toMatchObject({
      status: 'refused',
      refusal: { code: 'daily-limit', message: expect.stringContaining('the limit is 1') },
    });
  });

  it.concurrent('that proves nothing about the last deployment is refused, on record', async () => {
    const named = ['gone-ok', 'deleted', 'stale', 'muted', 'old-deployment', 'no-component'];
    await alarms.create(['gone-ok', 'stale', 'old-deployment', 'no-component']);
    await alarms.create(['muted'], { muted: true });
    const stage = await theatre.stage({
      hosts: 0,
      manifest: {
        triggers: named.map((alarm) => ({
          ...trigger(alarm),
          issue: alarm === 'no-component' ? 'frontend-issue' : 'application-bug',
        })),
      },
    });
    await alarms.set(['stale', 'muted', 'old-deployment', 'no-component'], 'ALARM');
    alarms.event('gone-ok');
    alarms.event('deleted');
    alarms.event('stale', new Date(Date.now() - 10 * 60_000));
    // Two of the alarm `stale`: the one just now comes to the same end as `old-deployment`.
    const all = await ended(stage, 7);
    const refusals = all.map(({ status, trigger, refusal }) => [
      trigger.type === 'alarm' && trigger.alarmName,
      status,
      refusal?.code,
      refusal?.message,
    ]);
    expect(refusals.toSorted()).toEqual([
      ['deleted', 'refused', 'alarm-not-firing', 'Alarm deleted does not exist any more.'],
      ['gone-ok', 'refused', 'alarm-not-firing', expect.stringMatching(/^Alarm gone-ok is OK since .*, not ALARM\.$/)],
      ['muted', 'refused', 'alarm-suppressed', expect.stringContaining('somebody muted it')],
      ['no-component', 'refused', 'component-missing', expect.stringContaining("'frontend' section")],
      ['old-deployment', 'refused', 'deployment-too-old', expect.stringMatching(/deployed 1 h.* ago.*only within 10m/)],
      ['stale', 'refused', 'deployment-too-old', expect.stringContaining('only within 10m')],
      ['stale', 'refused', 'stale-event', expect.stringContaining('is 10 min')],
    ]);
    for (const { rollbackId } of all) await stage.expectOrder(rollbackId);
  });

  it.concurrent('that no trigger names starts nothing', async () => {
    await alarms.create(['nobodys', 'only-watched']);
    const stage = await theatre.stage({ hosts: 0, manifest: { monitor: { ...monitor, alarms: ['only-watched'] } } });
    await alarms.set(['nobodys', 'only-watched'], 'ALARM');
    await settled();
    expect(alarms.firedEvents('nobodys')).toHaveLength(1);
    expect(await rollbacksOf(stage)).toEqual([]);
    for (const alarm of ['nobodys', 'only-watched'])
      expect(await stage.operator.call('GET', `/rollbacks?actor=${encodeURIComponent(`alarm ${alarm}`)}`)).toMatchObject({
        rollbacks: [],
      });
    // What is only watched still says that the running release is not proven good.
    const { releases } = await stage.operator.call('GET', `/applications/${stage.application}/releases`);
    expect(releases).toMatchObject([{ version: '1.2.0', alarmedAt: expect.any(String) }, { version: '1.1.0' }]);
  });
});
