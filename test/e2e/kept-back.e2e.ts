/** An alarm's rollback that meets somebody else: its event comes once, so what ends without a change must not cost it its chance. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { until } from '../../local/until.ts';
import { type AlarmSwitch, alarmSwitch } from './alarm-switch.ts';
import { FILE, ownerOfFiles } from './data.ts';
import { arrival, during, expectNoEventTwice, holdCall, isSending, isTakingLock, stopExecution, writeItem } from './faults.ts';
import { storyOf } from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('an alarm whose rollback is kept back', () => {
  let theatre: Theatre;
  let alarms: AlarmSwitch;
  beforeAll(async () => {
    theatre = await openTheatre();
    alarms = alarmSwitch(theatre);
  });
  afterAll(() => theatre.close());

  const stageOf = async (names: readonly string[]) => {
    const stage = await theatre.stage({
      hosts: 1,
      manifest: { monitor: { for: '1s', every: '1s' }, triggers: names.map((alarm) => ({ alarm, onlyWithin: '10m' })) },
    });
    await stage.deploy('1.3.0');
    return stage;
  };
  /** The alarms stay in ALARM, so that no rollback is seen to help: what counts is that it was carried out. */
  const ofAlarm = ({ operator, application }: Stage, alarm: string): Promise<Rollback> =>
    until(`a rollback of ${alarm}`, 60_000, async () => {
      const { rollbacks } = await operator.call('GET', `/rollbacks?application=${application}`);
      return rollbacks.find(({ performedBy }: Rollback) => performedBy === `alarm ${alarm}`);
    });
  const waits = (stage: Stage, rollbackId: string) =>
    until(`${rollbackId} to wait`, 60_000, async () => (await stage.events(rollbackId)).find(({ type }) => type === 'waits'));

  it.concurrent('by one that fails before it changes anything goes on after it', async () => {
    const alarm = 'kept-by-doomed';
    await alarms.create([alarm]);
    const stage = await stageOf([alarm]);
    const held = arrival(theatre, stage, 'sendHostCommand', during('prepare'));
    const doomed = await stage.start();
    await held;
    await alarms.set([alarm], 'ALARM');
    const { rollbackId } = await ofAlarm(stage, alarm);
    expect((await waits(stage, rollbackId)).detail).toMatchObject({
      code: 'rollback-in-progress',
      message: expect.stringContaining(doomed),
    });
    await stopExecution(theatre, doomed);
    expect(await stage.ended(doomed)).toMatchObject({ status: 'failed', changed: false });
    expect(await stage.ended(rollbackId)).toMatchObject({
      status: 'unresolved',
      from: { version: '1.3.0' },
      to: { version: '1.2.0' },
    });
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(rollbackId);
  });

  /** Two alarms fire, and the second rollback has the lock as the first one asks for it: both were planned. */
  const race = async (stage: Stage, [slow, fast]: readonly [string, string], hasLock: Promise<unknown>) => {
    const taking = holdCall(theatre, 'dynamodb', 'UpdateItem', isTakingLock(theatre, stage));
    await alarms.set([slow], 'ALARM');
    const { rollbackId: loser, requestedAt } = await ofAlarm(stage, slow);
    await taking.begun;
    // As in an index that lags behind: the second does not see that the first is planned.
    const header = { pk: `ROLLBACK#${loser}`, sk: 'HEADER' };
    await writeItem(theatre, 'log', header, 'at', undefined);
    await alarms.set([fast], 'ALARM');
    const { rollbackId: winner } = await ofAlarm(stage, fast);
    await hasLock;
    await writeItem(theatre, 'log', header, 'at', `${requestedAt}#${loser}`);
    taking.goOn();
    expect(await waits(stage, loser)).toMatchObject({
      phase: 'lock',
      detail: { code: 'rollback-in-progress', message: expect.stringContaining(winner) },
    });
    return { loser, winner };
  };
  const plansOf = async (stage: Stage, rollbackId: string) =>
    storyOf(await stage.events(rollbackId)).filter((event) => /^(plan|lock) /.test(event) && !event.endsWith(' waits'));

  it.concurrent('at the lock, by one that was faster and fails, plans afresh and goes on after it', async () => {
    const names = ['slower-of-two', 'faster-of-two'] as const;
    await alarms.create(names);
    const stage = await stageOf(names);
    const { loser, winner } = await race(stage, names, arrival(theatre, stage, 'sendHostCommand', during('prepare')));
    const before = (await stage.operator.call('GET', `/rollbacks/${loser}/plan`)).plan;
    await stopExecution(theatre, winner);
    expect(await stage.ended(winner)).toMatchObject({ status: 'failed', changed: false });
    expect(await stage.ended(loser)).toMatchObject({
      status: 'unresolved',
      from: { version: '1.3.0' },
      to: { version: '1.2.0' },
    });
    expect(await plansOf(stage, loser)).toEqual(['plan planned', 'plan planned', 'lock acquired']);
    const after = (await stage.operator.call('GET', `/rollbacks/${loser}/plan`)).plan;
    expect(Date.parse(after.createdAt)).toBeGreaterThan(Date.parse(before.createdAt));
    expect(await stage.versions()).toEqual(['1.2.0']);
    expectNoEventTwice(await stage.events(loser));
    await stage.expectOrder(loser);
  });

  it.concurrent('at the lock, by one that was faster and goes through, is judged by what is true then', async () => {
    const names = ['slower-again', 'faster-again'] as const;
    await alarms.create(names);
    const stage = await stageOf(names);
    const sending = holdCall(theatre, 'ssm', 'SendCommand', isSending(stage, 'prepare'));
    const { loser, winner } = await race(stage, names, sending.begun);
    await alarms.set([names[0]], 'OK');
    expect(await stage.ended(loser)).toMatchObject({ status: 'refused', refusal: { code: 'alarm-not-firing' } });
    expect(await plansOf(stage, loser)).toEqual(['plan planned', 'plan refused']);
    sending.goOn();
    expect(await stage.ended(winner)).toMatchObject({ status: 'unresolved', to: { version: '1.2.0' } });
    expect(await stage.versions()).toEqual(['1.2.0']);
    for (const rollbackId of [loser, winner]) {
      expectNoEventTwice(await stage.events(rollbackId));
      await stage.expectOrder(rollbackId);
    }
  });

  it.concurrent('in no way by another application whose manifest cannot be read: its own rollback starts', async () => {
    const alarm = 'of-two-applications';
    await alarms.create([alarm]);
    const [broken, stage] = [await stageOf([alarm]), await stageOf([alarm])];
    const key = { pk: `APPLICATION#${broken.application}`, sk: 'MANIFEST' };
    await writeItem(theatre, 'registry', key, 'manifest', { application: broken.application });
    await alarms.set([alarm], 'ALARM');
    const { rollbackId } = await ofAlarm(stage, alarm);
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'unresolved', to: { version: '1.2.0' } });

    // It is 1.2.0 that runs when the next alarm fires, not the newest deployment.
    await alarms.set([alarm], 'OK');
    await alarms.set([alarm], 'ALARM');
    const { releases } = await until('the mark of the alarm', 30_000, async () => {
      const answer = await stage.operator.call('GET', `/applications/${stage.application}/releases`);
      return answer.releases[1].alarmedAt ? answer : undefined;
    });
    expect(releases).toMatchObject([
      { version: '1.3.0' },
      { version: '1.2.0', alarmedAt: expect.any(String) },
      { version: '1.1.0' },
    ]);
  });

  it.concurrent('by a backup goes on after it; one that is cancelled meanwhile does not', async () => {
    const [alarm, other] = ['kept-by-backup', 'cancelled-meanwhile'] as const;
    await alarms.create([alarm, other]);
    const stage = await stageOf([alarm, other]);
    const path = `/applications/${stage.application}`;
    const [host] = stage.hosts;
    const configuration = { file: FILE, owner: await ownerOfFiles(), mode: '600' };
    await stage.operator.call('PUT', path, { ...(await stage.operator.call('GET', path)), configuration });
    const backingUp = holdCall(
      theatre,
      'ssm',
      'SendCommand',
      ({ Comment, InstanceIds: [id] }) => id === host?.id && Comment.startsWith('bk-'),
    );
    await stage.operator.call('POST', `${path}/backups`, {});
    await backingUp.begun;
    await alarms.set([other], 'ALARM');
    const cancelled = await ofAlarm(stage, other);
    await waits(stage, cancelled.rollbackId);
    await stage.operator.call('POST', `/rollbacks/${cancelled.rollbackId}/cancel`, { reason: 'a test' });
    await alarms.set([alarm], 'ALARM');
    const { rollbackId } = await ofAlarm(stage, alarm);
    expect((await waits(stage, rollbackId)).detail.message).toMatch(/^bk-.* holds the lock/);
    expect(await stage.ended(cancelled.rollbackId)).toMatchObject({ status: 'cancelled' });
    backingUp.goOn();
    expect(await stage.ended(rollbackId)).toMatchObject({ status: 'unresolved', to: { version: '1.2.0' } });
    await stage.expectOrder(rollbackId);
  });
});
