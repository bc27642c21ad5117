/** Backups before a deployment, and the way back to them. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backup } from '../../lib/contracts.ts';
import { until } from '../../local/until.ts';
import { FILE, openData } from './data.ts';
import { holdCall, stopExecution } from './faults.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('a backup before a deployment', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const backUp = async ({ application, operator }: Pick<Stage, 'application' | 'operator'>, body: object): Promise<Backup> => {
    const { links } = await operator.call('POST', `/applications/${application}/backups`, body);
    return until('the end of the backup', 60_000, async () => {
      const backup = (await operator.call('GET', links.self)) as Backup;
      return backup.state === 'running' ? undefined : backup;
    });
  };

  it('keeps the configuration of every host and a snapshot, and a rollback to its release finds it', async () => {
    const { stage, rds, files } = await openData(theatre);
    const before = await files();
    const backup = await backUp(stage, { database: true, reason: 'before 1.3.0' });
    expect(backup).toMatchObject({ state: 'completed', version: '1.2.0', hosts: [{ ok: true }, { ok: true }] });
    const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: backup.snapshot ?? '' }));
    expect(DBSnapshots).toMatchObject([{ Status: 'available' }]);
    await Promise.all(
      stage.hosts.map(async ({ directory }) => {
        const path = join(directory, FILE);
        await writeFile(path, `${await readFile(path, 'utf8')}MAIL_SERVER=nowhere\n`);
      }),
    );
    const rollback = await stage.rollBack({ strategy: 'configuration', target: { version: '1.2.0' } });
    expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded' });
    expect(await files()).toEqual(before);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('whose execution is stopped fails, and leaves the lock free; names with hyphens give snapshots that RDS takes', async () => {
    const { stage } = await openData(theatre, {}, {}, { hosts: 1 });
    const sending = holdCall(theatre, 'ssm', 'SendCommand', ({ Comment, InstanceIds: [id] }) => {
      return id === stage.hosts[0]?.id && Comment.startsWith('bk-');
    });
    const stopped = backUp(stage, {});
    await sending.begun;
    const [{ backupId }] = (await stage.operator.call('GET', `/applications/${stage.application}/backups`)).backups;
    await stopExecution(theatre, backupId, 'backup');
    expect(await stopped).toMatchObject({ state: 'failed', problem: expect.stringContaining('stopped by a person') });
    sending.goOn();

    const application = 'odd--name-';
    const manifest = { ...(await stage.operator.call('GET', `/applications/${stage.application}`)), application };
    await stage.operator.call('PUT', `/applications/${application}`, manifest);
    const backup = await backUp({ application, operator: stage.operator }, { database: true });
    expect(backup).toMatchObject({ state: 'completed', snapshot: expect.stringMatching(/^bk-odd-name-[^-]+-[^-]+$/) });
  });

  it('fails as a whole when one host has nothing to keep, and leaves the lock free', async () => {
    const { stage, files } = await openData(theatre);
    const [, second] = stage.hosts;
    const path = join(second?.directory ?? '', FILE);
    const good = await readFile(path, 'utf8');
    await rm(path);
    const backup = await backUp(stage, {});
    expect(backup).toMatchObject({ state: 'failed', problem: expect.stringContaining('configuration-missing') });
    expect(await stage.rollBack({ strategy: 'configuration', target: { version: '1.2.0' } })).toMatchObject({
      status: 'refused',
      refusal: { code: 'target-not-restorable' },
    });
    // Only who gets the lock comes as far as this.
    await writeFile(path, good, { mode: 0o600 });
    const wanted = (await files()).map((text) => `${text}OLDER=1\n`);
    for (const [index, { directory }] of stage.hosts.entries())
      await writeFile(join(directory, `${FILE}.previous`), wanted[index] ?? '');
    const rollback = await stage.rollBack({ strategy: 'configuration' });
    expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded' });
    expect(await files()).toEqual(wanted);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('is refused where the manifest has nothing to back up', async () => {
    const stage = await theatre.stage({ hosts: 1 });
    await expect(backUp(stage, {})).rejects.toThrow(/'configuration' section/);
    await expect(backUp(stage, { database: true })).rejects.toThrow(/'database' section/);
  });
});
