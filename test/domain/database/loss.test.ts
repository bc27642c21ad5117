import { describe, expect, it } from 'vitest';
import type { CommandRecord } from '../../../lib/contracts.ts';
import { dataLossMinutes, describeLoss, writesEndedAt } from '../../../lib/domain/database/loss.ts';
import { approvalLetter, renderPlan } from '../../../lib/domain/plan.ts';
import { renderReport } from '../../../lib/domain/report.ts';
import { manifest, NOW, plan, rollback } from '../builders.ts';
import { TARGET } from './builders.ts';

it('counts begun minutes of lost writes', () => {
  expect(dataLossMinutes('2026-11-22T11:00:00.000Z', NOW)).toBe(60);
  expect(dataLossMinutes('2026-11-22T11:58:59.000Z', NOW)).toBe(2);
  expect(dataLossMinutes(NOW.toISOString(), NOW)).toBe(0);
});

describe('a plan', () => {
  const made = (stopServices: string, required: string[]) =>
    plan({
      database: TARGET,
      rollback: rollback({ strategy: 'database' }),
      manifest: manifest({ database: { instance: 'shop', stopServices }, approval: { required, timeout: '2h' } }),
    });

  it('says what is lost by now, and that it will be more', () => {
    expect(renderPlan(made('before-restore', []))).toContain(
      `Data loss: all that is written after ${TARGET.restoreTime}: 60 minutes when this plan was made, and more until services are stopped`,
    );
  });

  it('says to what time is restored, and what times there are', () => {
    const { earliest, latest } = TARGET.window;
    expect(renderPlan(made('before-restore', []))).toContain(
      `Restore: shop to ${TARGET.restoreTime}, within what RDS can restore: ${earliest} to ${latest}\n`,
    );
    expect(renderPlan(plan())).not.toContain('Restore:');
  });

  it('is sent with a request that will be taken: it says that the loss is known, where there is one', () => {
    const request = (letter: string) => JSON.parse(letter.match(/approve (\{.*?\})/)?.[1] ?? '');
    expect(request(approvalLetter(made('before-restore', []), 'soon'))).toEqual({ reason: '…', acknowledgeDataLoss: true });
    expect(request(approvalLetter(plan(), 'soon'))).toEqual({ reason: '…' });
  });

  it.each([
    ['before-restore', ['database'], /the wait for the approval, 2h at most\.$/],
    ['before-cutover', ['database'], /the wait for the approval, 2h at most, and the whole restore, while services run on/],
    ['before-cutover', [], /To the minutes above comes the whole restore/],
  ])('says by what it grows, with services stopped %s and approvals for %s', (stopServices, required, growth) =>
    expect(made(stopServices, required).warnings).toContainEqual(expect.stringMatching(growth)),
  );

  it('warns of no growth where services are stopped at once', () =>
    expect(made('before-restore', []).warnings.join()).not.toMatch(/lost too/));
});

it('ends with the last host that stopped', () => {
  const command = (action: CommandRecord['action'], endedAt?: string) => ({ action, endedAt }) as CommandRecord;
  const commands = [command('capture', '5'), command('stop', '7'), command('stop', '6'), command('stop'), command('apply', '9')];
  expect(writesEndedAt(commands)).toBe('7');
  expect(writesEndedAt([command('apply', '9')])).toBeUndefined();
});

describe('a report', () => {
  const dataLost = { from: '2026-11-22T11:00:00.000Z', until: '2026-11-22T12:30:00.000Z' };

  it.each([
    ['succeeded', dataLost, /from 2026-11-22T11:00:00.000Z until services were stopped at 2026-11-22T12:30:00.000Z: 90 minutes/],
    ['failed', dataLost, /: 90 minutes/],
    ['failed', undefined, /none is known/],
    ['undone', dataLost, /it is back/],
    ['expired', undefined, /none: the database was not cut over/],
    ['in-progress', undefined, /the last 60 minutes of writes before it was planned, and more/],
  ] as const)('of a rollback that is %s says what was lost', (status, lost, text) => {
    const told = rollback({ strategy: 'database', status, dataLossMinutes: 60, ...(lost && { dataLost: lost }) });
    expect(describeLoss(told)).toMatch(text);
    expect(renderReport(told, [])).toMatch(text);
  });

  it('of a rollback without a database says nothing', () => expect(describeLoss(rollback())).toBeUndefined());
});
