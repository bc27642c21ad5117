/** An alarm's rollback that meets somebody else: its event comes once, so what ends without a change must not cost it its chance. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import { until } from '../../local/until.ts';
import { type AlarmSwitch, alarmSwitch } from './alarm-switch.ts';
import { FILE, ownerOfFiles } from './data.ts';
import { arrival, during, holdCall, stopExecution, writeItem } from './faults.ts';
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
