import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockLost } from '../../../lib/errors.ts';
import { acquireLock, releaseLock, renewLock, seizeLock } from '../../../lib/registry/locks.ts';
import { loseNextAnswer } from '../faults.ts';
import { startTables } from '../tables.ts';

const LEASE = 60_000;
const start = new Date('2026-11-22T03:00:00.000Z');
const inMs = (ms: number) => new Date(start.getTime() + ms);

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

describe('the lock of an application', () => {
  it('has one holder, however many ask at once', async () => {
    const owners = Array.from({ length: 10 }, (_, index) => `rollback-${index}`);
    const answers = await Promise.all(owners.map((owner) => acquireLock('many', owner, LEASE, start)));
    const winner = owners[answers.findIndex(({ acquired }) => acquired)];
    expect(answers.filter(({ acquired }) => acquired)).toEqual([{ acquired: true, fence: 1 }]);
    const refused = { acquired: false, holder: winner, until: inMs(LEASE).toISOString() };
    expect(answers.filter(({ acquired }) => !acquired)).toEqual(Array(9).fill(refused));
  });

  it('gives an owner who asks again the same fence and a new lease', async () => {
    await acquireLock('again', 'a', LEASE, start);
    expect(await acquireLock('again', 'a', LEASE, inMs(30_000))).toEqual({ acquired: true, fence: 1 });
    expect(await acquireLock('again', 'b', LEASE, inMs(LEASE + 1))).toMatchObject({ acquired: false, holder: 'a' });
  });

  it('can be taken by somebody else when the lease ran out, with a larger fence', async () => {
    await acquireLock('expired', 'a', LEASE, start);
    expect(await acquireLock('expired', 'b', LEASE, inMs(LEASE))).toEqual({ acquired: true, fence: 2 });
    await expect(renewLock('expired', 'a', 1, LEASE, inMs(LEASE))).rejects.toBeInstanceOf(LockLost);
  });

  it('may be renewed late as long as nobody took it', async () => {
    await acquireLock('late', 'a', LEASE, start);
    await renewLock('late', 'a', 1, LEASE, inMs(2 * LEASE));
    expect(await acquireLock('late', 'b', LEASE, inMs(2 * LEASE))).toMatchObject({ acquired: false, holder: 'a' });
  });

  it('is free after its release, which may be repeated; the fence grows on', async () => {
    await acquireLock('released', 'a', LEASE, start);
    await releaseLock('released', 'a', 1);
    await releaseLock('released', 'a', 1);
    await expect(renewLock('released', 'a', 1, LEASE, start)).rejects.toMatchObject({ name: 'LockLost', retryable: false });
    expect(await acquireLock('released', 'a', LEASE, start)).toEqual({ acquired: true, fence: 2 });
  });

  it("is seized from what still runs in its owner's name, never from somebody else", async () => {
    await acquireLock('seized', 'a', LEASE, start);
    expect(await seizeLock('seized', 'a')).toBe(2);
    await expect(renewLock('seized', 'a', 1, LEASE, start)).rejects.toBeInstanceOf(LockLost);
    expect(await acquireLock('seized', 'b', LEASE, start)).toMatchObject({ acquired: false, holder: 'a' });
    expect(await seizeLock('seized', 'b')).toBeNull();
    await releaseLock('seized', 'a', 2);
    expect(await seizeLock('seized', 'a')).toBeNull();
  });

  it('is not released by who held it before', async () => {
    await acquireLock('stolen', 'a', LEASE, start);
    await acquireLock('stolen', 'b', LEASE, inMs(LEASE));
    await releaseLock('stolen', 'a', 1);
    expect(await acquireLock('stolen', 'c', LEASE, inMs(LEASE))).toMatchObject({ acquired: false, holder: 'b' });
  });

  it('is acquired when only the answer was lost', async () => {
    loseNextAnswer('UpdateCommand');
    expect(await acquireLock('lost-answer', 'a', LEASE, start)).toEqual({ acquired: true, fence: 1 });
  });
});
