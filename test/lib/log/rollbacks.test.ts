import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandIntent } from '../../../lib/log/commands.ts';
import { commandOf, commandsOf, recordIntent, recordResults, recordSent } from '../../../lib/log/commands.ts';
import { getPlan, savePlan } from '../../../lib/log/plans.ts';
import { changeStatus, createRollback, getRollback, updateRollback } from '../../../lib/log/rollbacks.ts';
import { plan, rollback } from '../builders.ts';
import { startTables } from '../tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

describe('the header of a rollback', () => {
  it('is created once: whoever comes later is answered the first', async () => {
    const answers = await Promise.all(
      ['ana', 'ben', 'cai'].map((performedBy) => createRollback(rollback({ rollbackId: 'once', performedBy }))),
    );
    const [first] = answers.filter(({ created }) => created);
    expect(answers.map((answer) => answer.rollback)).toEqual(Array(3).fill(first?.rollback));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(await getRollback('once')).toEqual(first?.rollback);
    expect(await getRollback('nowhere')).toBeNull();
  });

  it('changes what is given and leaves the rest', async () => {
    await createRollback(rollback({ rollbackId: 'changed', impact: 'slow' }));
    const { rollback: after } = await updateRollback('changed', { impact: undefined, resolution: 'fixed', followUp: ['test'] });
    expect(after).toMatchObject({ impact: 'slow', resolution: 'fixed', followUp: ['test'] });
    expect(await getRollback('changed')).toEqual(after);
    expect(await updateRollback('changed', {})).toMatchObject({ changed: false, rollback: after });
  });

  it('moves from status to status and says which was before', async () => {
    await createRollback(rollback({ rollbackId: 'moved' }));
    expect(await changeStatus('moved', 'planned', { targetVersion: '1.0' })).toMatchObject({
      changed: true,
      previous: 'requested',
      rollback: { status: 'planned', targetVersion: '1.0' },
    });
    expect(await changeStatus('moved', 'planned')).toMatchObject({ changed: true, previous: 'planned' });
  });

  it.each(['succeeded', 'failed', 'cancelled'] as const)('keeps the status %s for good, but takes notes', async (status) => {
    const rollbackId = `over-${status}`;
    await createRollback(rollback({ rollbackId, status }));
    expect(await changeStatus(rollbackId, 'in-progress', { impact: 'x' })).toMatchObject({
      changed: false,
      rollback: { status },
    });
    expect(await updateRollback(rollbackId, { cancelRequestedBy: 'ana' }, { unlessOver: true })).toMatchObject({
      changed: false,
    });
    expect(await updateRollback(rollbackId, { resolution: 'done' })).toMatchObject({ changed: true });
    expect(await getRollback(rollbackId)).toEqual(rollback({ rollbackId, status, resolution: 'done' }));
  });

  it('lets one of two endings win', async () => {
    await createRollback(rollback({ rollbackId: 'race', status: 'in-progress' }));
    const endings = await Promise.all((['failed', 'cancelled'] as const).map((status) => changeStatus('race', status)));
    expect(endings.filter(({ changed }) => changed)).toHaveLength(1);
    expect(endings[0]?.rollback.status).toBe(endings[1]?.rollback.status);
  });

  it('can not be changed before it exists', async () => {
    await expect(changeStatus('nowhere', 'planned')).rejects.toMatchObject({ name: 'RollbackUnknown', status: 404 });
  });
});

describe('the plan of a rollback', () => {
  it('is the first that was made, whatever a retry plans', async () => {
    expect(await getPlan('shop-1')).toBeNull();
    expect(await savePlan(plan({ warnings: ['first'] }))).toEqual(plan({ warnings: ['first'] }));
    expect(await savePlan(plan({ warnings: ['second'] }))).toEqual(plan({ warnings: ['first'] }));
    expect(await getPlan('shop-1')).toEqual(plan({ warnings: ['first'] }));
  });

  it('may be made afresh where it came to nothing, once however often that is tried', async () => {
    const made = (second: number) => plan({ rollbackId: 'afresh-1', createdAt: `2026-11-22T03:00:0${second}.000Z` });
    await savePlan(made(0));
    expect(await savePlan(made(5), made(0).createdAt)).toEqual(made(5));
    expect(await savePlan(made(6), made(0).createdAt)).toEqual(made(5));
    expect(await getPlan('afresh-1')).toEqual(made(5));
  });

  it('may speak of a thousand hosts', async () => {
    const services = Array.from({ length: 5 }, (_, index) => ({ name: `service-${index}`, state: 'active' }));
    const truth = {
      commit: 'a'.repeat(40),
      dirtyFiles: 0,
      targetPresent: true,
      services,
      health: { status: 200, version: '1.0' },
      errorsInLogs: 0,
      freeMegabytes: 900,
    };
    const hosts = Array.from({ length: 1500 }, (_, index) => ({
      id: `i-${index}`,
      online: true,
      agentVersion: '3.3.3000.0',
      truth,
    }));
    const large = plan({ rollbackId: 'large', baseline: { at: '2026-11-22T03:00:00.000Z', hosts, alarms: [], flows: [] } });
    await savePlan(large);
    expect(await getPlan('large')).toEqual(large);
  });
});

describe('a host command', () => {
  const wave = (index: number) => ({ rollbackId: 'commanded', action: 'apply', wave: index }) as const;
  const intent = (index: number, changes: Partial<CommandIntent> = {}): CommandIntent => ({
    ...wave(index),
    document: 'check-out-code',
    hosts: ['i-1', 'i-2'],
    comment: `commanded apply ${index}`,
    intendedAt: '2026-11-22T03:00:00.000Z',
    ...changes,
  });
  const sent = { commandId: 'c-1', sentAt: '2026-11-22T03:00:01.000Z' };

  it('is intended, sent and answered', async () => {
    expect(await recordIntent(intent(0))).toEqual(intent(0));
    expect(await recordSent({ ...wave(0), ...sent })).toEqual({ ...intent(0), ...sent });
    const endedAt = '2026-11-22T03:00:09.000Z';
    const results = [{ host: 'i-1', ok: true, error: null, message: 'ok', result: { commit: 'a' } }];
    expect(await recordResults({ ...wave(0), results, endedAt })).toEqual({ ...intent(0), ...sent, results, endedAt });
    expect(await commandOf('commanded', 'apply', 0)).toEqual({ ...intent(0), ...sent, results, endedAt });
  });

  it('keeps its first intent and its first id when a step is retried', async () => {
    await recordIntent(intent(1));
    await recordSent({ ...wave(1), ...sent });
    expect(await recordIntent(intent(1, { hosts: ['i-9'] }))).toEqual({ ...intent(1), ...sent });
    expect(await recordSent({ ...wave(1), commandId: 'c-2', sentAt: 'later' })).toEqual({ ...intent(1), ...sent });
  });

  it('has to be intended before it is sent', async () => {
    await expect(recordSent({ ...wave(7), ...sent })).rejects.toMatchObject({ name: 'CommandMissing' });
    expect(await commandOf('commanded', 'apply', 7)).toBeNull();
  });

  it('is listed with the others of its rollback, in the order of waves', async () => {
    for (const index of [10, 2]) await recordIntent({ ...intent(index), rollbackId: 'listed' });
    await recordIntent({ ...intent(0), rollbackId: 'listed', action: 'verify' });
    const commands = await commandsOf('listed');
    expect(commands.map(({ action, wave }) => `${action} ${wave}`)).toEqual(['apply 2', 'apply 10', 'verify 0']);
  });
});
