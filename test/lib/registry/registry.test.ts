import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReleaseInput } from '../../../lib/contracts.ts';
import {
  applicationsOfAlarm,
  getApplication,
  listApplications,
  manifestOfAlarm,
  putApplication,
} from '../../../lib/registry/applications.ts';
import { approvalOf, decideApproval, saveApproval } from '../../../lib/registry/approvals.ts';
import { freeze, freezeOf, freezesOf, unfreeze } from '../../../lib/registry/freezes.ts';
import { changeRelease, listReleases, markAlarmed, recordRelease } from '../../../lib/registry/releases.ts';
import { manifest } from '../builders.ts';
import { loseNextAnswer } from '../faults.ts';
import { startTables } from '../tables.ts';

const now = new Date('2026-11-22T03:00:00.000Z');
const later = new Date('2026-11-22T05:00:00.000Z');

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

const namesOfAlarm = async (alarm: string) => {
  const manifests = await Promise.all(
    (await applicationsOfAlarm(alarm)).map((application) => manifestOfAlarm(application, alarm)),
  );
  return manifests.flatMap((manifest) => manifest?.application ?? []);
};

describe('applications', () => {
  it('are answered as registered, with their defaults', async () => {
    expect(await putApplication(manifest(), 'ana')).toEqual({ created: true });
    expect(await putApplication(manifest(), 'ana')).toEqual({ created: false });
    expect(await getApplication('shop')).toEqual(manifest());
    expect(await getApplication('nowhere')).toBeNull();
  });

  it('are listed by name', async () => {
    await putApplication(manifest({ application: 'zoo' }), 'ana');
    await putApplication(manifest({ application: 'bar' }), 'ana');
    expect(await listApplications()).toEqual(expect.arrayContaining(['bar', 'zoo']));
    expect(await listApplications()).toEqual((await listApplications()).toSorted());
  });

  it('are found by the alarms that their manifest names now', async () => {
    await putApplication(
      manifest({ application: 'mapped', triggers: [{ alarm: 'five' }], monitor: { alarms: ['slow'] } }),
      'ana',
    );
    await putApplication(manifest({ application: 'other', monitor: { alarms: ['slow'] } }), 'ana');
    expect(await namesOfAlarm('slow')).toEqual(['mapped', 'other']);
    await putApplication(manifest({ application: 'mapped', triggers: [{ alarm: 'six' }] }), 'ana');
    expect(await Promise.all(['five', 'six', 'slow'].map(namesOfAlarm))).toEqual([[], ['mapped'], ['other']]);
  });

  it('keep alarm and manifest together when several change them at once', async () => {
    const versions = Array.from({ length: 4 }, (_, index) =>
      manifest({ application: 'busy', triggers: [{ alarm: index % 2 ? 'odd' : 'even' }] }),
    );
    await Promise.all(versions.map((version) => putApplication(version, 'ana')));
    const alarm = (await getApplication('busy'))?.triggers[0]?.alarm;
    const found = await Promise.all(['odd', 'even'].map(namesOfAlarm));
    expect(found).toEqual(alarm === 'odd' ? [['busy'], []] : [[], ['busy']]);
  });
});

describe('releases', () => {
  const input = (changes = {}) => ReleaseInput.parse({ version: '1.0', commit: 'a'.repeat(40), ...changes });

  it('are recorded once: the same input again answers the first', async () => {
    const first = await recordRelease('once', input(), 'ana', now);
    expect(first).toMatchObject({
      created: true,
      release: { deployedAt: now.toISOString(), recordedBy: 'ana', status: 'deployed' },
    });
    await changeRelease('once', '1.0', { status: 'verified' }, 'ben', now);
    const verified = { status: 'verified', statusBy: 'ben', statusAt: now.toISOString() };
    const again = await recordRelease('once', input(), 'ben', later);
    expect(again).toEqual({ created: false, release: { ...first.release, ...verified } });
  });

  it('refuse the same version with other content', async () => {
    await recordRelease('conflict', input(), 'ana', now);
    for (const change of [{ commit: 'b'.repeat(40) }, { migration: { head: '7' } }, { deployedAt: later.toISOString() }]) {
      await expect(recordRelease('conflict', input(change), 'ana', now)).rejects.toMatchObject({
        name: 'ReleaseConflict',
        status: 409,
      });
    }
    const sameTime = input({ deployedAt: '2026-11-22T04:00:00+01:00' });
    expect(await recordRelease('conflict', sameTime, 'ana', later)).toMatchObject({ created: false });
  });

  it('are all listed, the newest deployment first', async () => {
    const versions = Array.from({ length: 12 }, (_, index) => `1.${index}`);
    for (const [minute, version] of versions.entries()) {
      await recordRelease('listed', input({ version }), 'ana', new Date(now.getTime() + minute * 60_000));
    }
    expect((await listReleases('listed')).map(({ version }) => version)).toEqual(versions.toReversed());
    expect(await listReleases('nowhere')).toEqual([]);
  });

  it('change their status with a reason, which a later change without one drops', async () => {
    await recordRelease('changed', input(), 'ana', now);
    const bad = await changeRelease('changed', '1.0', { status: 'bad', reason: 'leaks' }, 'ben', now);
    expect(bad).toMatchObject({ status: 'bad', statusReason: 'leaks', statusBy: 'ben', statusAt: now.toISOString() });
    const good = await changeRelease('changed', '1.0', { status: 'verified' }, 'ana', later);
    expect(good).not.toHaveProperty('statusReason');
    expect(good).toMatchObject({ statusBy: 'ana', statusAt: later.toISOString() });
    expect(await listReleases('changed')).toContainEqual(good);
    await expect(changeRelease('changed', '9', { status: 'bad' }, 'ben', now)).rejects.toMatchObject({
      name: 'ReleaseUnknown',
      status: 404,
    });
  });

  it('keep the first alarm', async () => {
    await recordRelease('alarmed', input(), 'ana', now);
    await markAlarmed('alarmed', '1.0', now.toISOString());
    expect(await markAlarmed('alarmed', '1.0', later.toISOString())).toMatchObject({ alarmedAt: now.toISOString() });
  });
});

describe('freezes', () => {
  it('hold until they are lifted', async () => {
    await freeze('frozen', { reason: 'sale' }, 'ana', now);
    expect(await freezeOf('frozen', later)).toEqual({
      application: 'frozen',
      reason: 'sale',
      by: 'ana',
      since: now.toISOString(),
    });
    expect(await unfreeze('frozen')).toBe(true);
    expect(await unfreeze('frozen')).toBe(false);
    expect(await freezeOf('frozen', later)).toBeNull();
  });

  it('end by themselves', async () => {
    await freeze('ending', { reason: 'sale', until: later.toISOString() }, 'ana', now);
    expect(await freezeOf('ending', new Date(later.getTime() - 1))).not.toBeNull();
    expect(await freezeOf('ending', later)).toBeNull();
  });

  it('of the whole service hold for every application', async () => {
    await freeze('own', { reason: 'own' }, 'ana', now);
    await freeze('_all', { reason: 'audit' }, 'ana', now);
    expect((await freezesOf('own', now)).map(({ reason }) => reason)).toEqual(['audit', 'own']);
    expect(await freezeOf('another', now)).toMatchObject({ application: '_all' });
    await unfreeze('_all');
  });
});

describe('approvals', () => {
  const asked = (rollbackId: string) => saveApproval({ rollbackId, token: 'token', expiresAt: '2026-11-22T04:00:00Z' });

  it('are decided once, however many decide at the same moment', async () => {
    await asked('many');
    const people = Array.from({ length: 10 }, (_, index) => `person-${index}`);
    const decisions = people.map((person, index) => decideApproval('many', index % 2 ? 'approved' : 'rejected', person, now));
    const results = await Promise.allSettled(decisions);
    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ value: await approvalOf('many') });
    for (const lost of results.filter((result) => result.status === 'rejected')) expect(lost.reason.name).toBe('AlreadyDecided');
  });

  it('answer the same decision of the same person again, also after a lost answer', async () => {
    await asked('again');
    loseNextAnswer('UpdateCommand');
    await expect(decideApproval('again', 'approved', 'ana', now)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await decideApproval('again', 'approved', 'ana', later)).toMatchObject({
      token: 'token',
      decidedAt: now.toISOString(),
    });
    await expect(decideApproval('again', 'rejected', 'ana', now)).rejects.toMatchObject({ name: 'AlreadyDecided', status: 409 });
  });

  it('can not be decided too late or without having been asked for', async () => {
    await asked('late');
    for (const rollbackId of ['late', 'unknown']) {
      await expect(decideApproval(rollbackId, 'approved', 'ana', later)).rejects.toMatchObject({ name: 'NotAwaitingApproval' });
    }
    expect(await approvalOf('unknown')).toBeNull();
  });

  it('take the newer token of a retried step, but not after the decision', async () => {
    await asked('retried');
    await saveApproval({ rollbackId: 'retried', token: 'newer', expiresAt: later.toISOString() });
    await decideApproval('retried', 'approved', 'ana', now);
    expect(await asked('retried')).toMatchObject({ decision: 'approved', decidedBy: 'ana' });
    expect(await approvalOf('retried')).toMatchObject({ token: 'newer', decision: 'approved' });
  });
});
