import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Phase, Rollback } from '../../lib/contracts.ts';
import { defects } from '../../local/sample/edits.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { until } from '../../local/until.ts';
import {
  arrival,
  commandsSent,
  defect,
  during,
  expectNoEventTwice,
  holdCall,
  isSending,
  isTakingLock,
  lettersOf,
  sendAgain,
  stopExecution,
  strike,
  undelivered,
  writeItem,
} from './faults.ts';
import { pageOf, processesIn, storyOf } from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

/** What holds after every stop: closed by the safety net as failed, people told, the lock free, the log whole. */
const expectClosed = async (stage: Stage, rollbackId: string): Promise<Rollback> => {
  const rollback = await stage.ended(rollbackId);
  expect(rollback.status).toBe('failed');
  const events = await stage.events(rollbackId);
  expectNoEventTwice(events);
  expect(events.find(({ phase }) => phase === 'close')).toMatchObject({
    type: 'failed',
    detail: { end: 'ABORTED', cause: 'stopped by a person' },
  });
  expect(await lettersOf(theatre, rollbackId)).toMatchObject([{ subject: `[${stage.application}] rollback failed` }]);
  await stage.expectOrder(rollbackId);
  return rollback;
};

const stopWhen = async (stage: Stage, moment: Promise<unknown>, request = {}): Promise<Rollback> => {
  const rollbackId = await stage.start(request);
  await moment;
  await stopExecution(theatre, rollbackId);
  return expectClosed(stage, rollbackId);
};

/** Resolves when a host command of the phase is about to be sent: by then hosts know the lock that the rollback holds. */
const sends = (stage: Stage, rollbackId: string, phase: Phase) =>
  until(
    `a host command in ${phase}`,
    60_000,
    async () => storyOf(await stage.events(rollbackId)).includes(`${phase} host-command-started`) || undefined,
  );

const serviceProcesses = (stage: Stage) => stage.hosts.map(({ checkout }) => processesIn(checkout).length);

describe('an execution that is stopped', () => {
  it.concurrent('while it plans, takes the lock or waits for people: nothing is changed', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: { approval: { required: ['code'], timeout: '1h' } } });
    strike(theatre, stage, 'executionEnded', defect);
    const planning = await stopWhen(stage, arrival(theatre, stage, 'planRollback'));
    expect(planning.resolution).toContain('Nothing is changed: there was no plan yet.');

    // The step that takes the lock is at work when the safety net has closed already, and must not keep it.
    const taking = holdCall(theatre, 'dynamodb', 'UpdateItem', isTakingLock(theatre, stage));
    const locked = await stopWhen(stage, taking.begun);
    taking.goOn();
    expect(locked.resolution).toContain('Nothing is changed.');

    const waiting = await stage.start();
    const isAsked = async () =>
      (await stage.operator.call('GET', `/rollbacks/${waiting}`)).status === 'awaiting-approval' || undefined;
    await until('the question', 60_000, isAsked);
    for (let attempt = 1; attempt <= 3; attempt++) strike(theatre, stage, 'executionEnded', defect);
    await stopExecution(theatre, waiting);
    // The safety net failed as often as Lambda tries: the event is kept for people, who hand it in again.
    const event = await undelivered(theatre, waiting);
    expect(await isAsked()).toBe(true);
    await sendAgain(theatre, 'executionEnded', event);
    expect(await expectClosed(stage, waiting)).toMatchObject({ hosts: [{ version: '1.2.0' }] });
    const late = theatre.client('approver').call('POST', `/rollbacks/${waiting}/approve`, { reason: 'go' });
    await expect(late).rejects.toMatchObject({ status: 409 });
    expect(await stage.versions()).toEqual(['1.2.0']);
  });

  it.concurrent('whose plan nobody can read any more: it is closed all the same, saying what is not known, and the next one runs', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const held = arrival(theatre, stage, 'sendHostCommand', during('prepare'));
    const rollbackId = await stage.start();
    await held;
    await writeItem(theatre, 'log', { pk: `ROLLBACK#${rollbackId}`, sk: 'PLAN' }, 'compressed', 'damaged');
    await stopExecution(theatre, rollbackId);
    const rollback = await expectClosed(stage, rollbackId);
    expect(rollback.resolution).toContain('It could not be found out what hosts run');
    expect(rollback.resolution).not.toContain('Nothing is changed');
    expect(await stage.rollBack()).toMatchObject({ status: 'succeeded' });
  });

  it.concurrent('while hosts prepare or apply: their commands end, and it is said what every host runs', async () => {
    const hanging = await theatre.addRelease('5.1.0', defects.installHangs);
    const silent = await theatre.addRelease('5.2.0', defects.healthHangs);
    const stage = await theatre.stage({ verified: [] });
    await stage.recordTarget(hanging);
    await stage.recordTarget(silent);
    const before = serviceProcesses(stage);

    const preparing = await stage.start({ target: { version: '5.1.0' } });
    await until('the installation', 60_000, async () => processesIn(stage.hosts[0]?.directory ?? '').length > 5 || undefined);
    await stopExecution(theatre, preparing);
    const prepared = await expectClosed(stage, preparing);
    expect(prepared.resolution).toMatch(/Nothing is changed\. All 2 hosts run 1\.2\.0/);
    expect(await stage.command(preparing, 'prepare')).toMatchObject({
      results: [
        { ok: false, error: 'Cancelled' },
        { ok: false, error: 'Cancelled' },
      ],
    });
    expect(serviceProcesses(stage)).toEqual(before);

    const applying = await stage.start({ target: { version: '5.2.0' } });
    const [canary, other] = stage.hosts as [SampleHost, SampleHost];
    await until(
      'the canary to be changed',
      60_000,
      async () => (await pageOf(canary).catch(() => '')).includes('5.2.0') || undefined,
    );
    await stopExecution(theatre, applying);
    const applied = await expectClosed(stage, applying);
    expect(applied.resolution).toContain('Not all hosts run the same');
    expect(applied.resolution).toContain(`${canary.id} runs 5.2.0`);
    expect(applied.resolution).toContain(`${other.id} runs 1.2.0`);
    expect(await commandsSent(theatre, applying)).toEqual(['capture 0', 'prepare 0', 'apply 0']);
    expect(await stage.command(applying, 'apply')).toMatchObject({ results: [{ ok: false, error: 'Cancelled' }] });
    expect(serviceProcesses(stage)).toEqual(before);
  });

  it.concurrent('while it verifies or watches: the change stays, and it is said that nobody verified it', async () => {
    const stage = await theatre.stage({ hosts: 1, verified: ['1.0.0', '1.1.0'] });
    const verifying = await stopWhen(stage, arrival(theatre, stage, 'sendHostCommand', during('verify')));
    expect(verifying).toMatchObject({ hosts: [{ version: '1.1.0' }] });
    expect(verifying.resolution).toContain('The change was made on all hosts, but nobody verified it.');
    const watching = await stopWhen(stage, arrival(theatre, stage, 'monitorRollback'));
    expect(watching).toMatchObject({ hosts: [{ version: '1.0.0' }] });
    expect(await stage.versions()).toEqual(['1.0.0']);
  });

  it.concurrent('while a step sends a command: the command that comes out after it is ended too', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const sending = holdCall(theatre, 'ssm', 'SendCommand', isSending(stage, 'apply'));
    const rollbackId = await stage.start();
    await sending.begun;
    await stopExecution(theatre, rollbackId);
    setTimeout(sending.goOn, 1000);
    const rollback = await expectClosed(stage, rollbackId);
    const { results } = (await stage.command(rollbackId, 'apply')) ?? {};
    expect(results?.[0]?.error).not.toBe('never-sent');
    const [version] = await stage.versions();
    expect(rollback.hosts).toMatchObject([{ version }]);
    const commands = await commandsSent(theatre, rollbackId);
    expect(commands).toEqual(['capture 0', 'prepare 0', 'apply 0']);
  });
});

describe('a lock whose lease is over', () => {
  it.concurrent('is lost to another rollback: hosts refuse what the first one still sends, the second goes through', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    const sending = holdCall(theatre, 'ssm', 'SendCommand', isSending(stage, 'apply'));
    const hung = await stage.start();
    await sending.begun;
    await writeItem(theatre, 'registry', { pk: `LOCK#${stage.application}`, sk: 'LOCK' }, 'expiresAt', 1);
    // As in an index that lags behind: the second does not see that the first is at work.
    await writeItem(theatre, 'log', { pk: `ROLLBACK#${hung}`, sk: 'HEADER' }, 'at', undefined);
    const taker = await stage.start();
    await sends(stage, taker, 'prepare');
    sending.goOn();
    expect(await stage.ended(taker)).toMatchObject({ status: 'succeeded', to: { version: '1.1.0' } });
    const lost = await stage.ended(hung);
    expect(lost).toMatchObject({ status: 'failed', hosts: [{ id: stage.hosts[0]?.id }] });
    expect(lost.resolution).toContain(`${hung} no longer holds the lock of ${stage.application}`);
    expect(await stage.command(hung, 'apply')).toMatchObject({ results: [{ ok: false, error: 'stale-fence' }] });
    expect(await commandsSent(theatre, hung)).toEqual(['capture 0', 'prepare 0', 'apply 0']);
    expect(await stage.versions()).toEqual(['1.1.0']);
    for (const rollbackId of [hung, taker]) {
      expectNoEventTwice(await stage.events(rollbackId));
      await stage.expectOrder(rollbackId);
    }
  });
});
