/** All parts of an application in one rollback: they come back together, or stay together. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contents } from './frontend.ts';
import { breakAll, expectAllBack, TOGETHER } from './full.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a full rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it('brings everything back, the database by environment', async () => {
    const all = await breakAll(theatre, { cutover: 'environment' });
    await expectAllBack(all, async () => Object.keys(await all.instances()).find((name) => name.includes('-rb-')) ?? 'none');
  });

  it('takes everything back when one part of it fails', async () => {
    const { stage, rows, instances, files, health, bad } = await breakAll(theatre, { cutover: 'rename' });
    const when = ({ Bucket, Key }: { Bucket: string; Key: string }) => Bucket === stage.site.bucket && Key === 'index.html';
    const error = { code: 'AccessDenied', message: 'Access Denied', status: 403 };
    theatre.aws.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'error', error, times: 100, when });
    const rollback = await stage.rollBack(TOGETHER);
    expect(rollback, rollback.resolution).toMatchObject({ status: 'undone' });
    expect([await stage.versions(), await health()]).toEqual([
      ['1.2.0', '1.2.0'],
      [200, 200],
    ]);
    expect(await files()).toEqual(bad.files);
    expect(await contents(stage)).toEqual(bad.site);
    expect(await rows()).toEqual(['', '']);
    expect(Object.keys(await instances()).filter((name) => name.includes('-before-'))).toEqual([]);
    await stage.expectOrder(rollback.rollbackId);
  });
});
