import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmRollbackId, newRollbackId, requestRollbackId } from '../../lib/domain/identity.ts';
import { NOW } from './builders.ts';

const ARN = 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-5xx';
const at = '2026-11-22T11:59:00.123+0000';

describe('the id of a rollback', () => {
  it('tells application and time', () => expect(newRollbackId('shop', NOW, 'DEADBEEF01')).toBe('shop-20261122T120000Z-deadbeef'));

  it('is the same for the same state change of an alarm, however its time is written', () => {
    expect(alarmRollbackId('shop', ARN, at)).toMatch(/^shop-20261122T115900Z-[0-9a-f]{8}$/);
    expect(alarmRollbackId('shop', ARN, at)).toBe(alarmRollbackId('shop', ARN, '2026-11-22T11:59:00.123Z'));
  });

  it.each([
    ['application', alarmRollbackId('shoq', ARN, at)],
    ['alarm', alarmRollbackId('shop', `${ARN}2`, at)],
    ['time', alarmRollbackId('shop', ARN, '2026-11-22T11:59:00.124+0000')],
  ])('differs by %s', (_what, id) => expect(id).not.toBe(alarmRollbackId('shop', ARN, at)));

  it('is the same for the same idempotency key of the same actor only', () => {
    const id = requestRollbackId('shop', 'ada', 'key');
    expect(id).toMatch(/^shop-[0-9a-f]{16}$/);
    expect(requestRollbackId('shop', 'ada', 'key')).toBe(id);
    expect([
      requestRollbackId('shop', 'bob', 'key'),
      requestRollbackId('shop', 'ada', 'key2'),
      requestRollbackId('shop', 'adak', 'ey'),
    ]).not.toContain(id);
  });

  it('is always a name that Step Functions takes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{1,39}$/), fc.string(), (application, text) => {
        for (const id of [
          alarmRollbackId(application, text, at),
          newRollbackId(application, NOW, '0123456789abcdef'),
          requestRollbackId(application, text, text),
        ])
          expect(id).toMatch(/^[A-Za-z0-9-]{1,80}$/);
      }),
    );
  });
});
