/** All parts of an application in one rollback: code, configuration, data and site come back together, or stay together. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite } from '../../local/sample/site.ts';
import { FILE, openData } from './data.ts';
import { contents } from './frontend.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a full rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const together = { strategy: 'full', frontend: { source: 'time' } };
  const withoutAddress = (text: string) => text.replace(/@127\.0\.0\.1:\d+/, '@');

  /** 1.1.0 is verified and all is well with it; then 1.2.0 comes and breaks everything. */
  const setUp = async (database: Parameters<typeof openData>[1]) => {
    const data = await openData(theatre, database, {}, { site: true, running: '1.1.0', verified: [] });
    const { stage, sql, moment, files } = data;
    await stage.site.deploy(buildSite('1.1.0'));
    await stage.operator.call('PATCH', `/applications/${stage.application}/releases/1.1.0`, { status: 'verified' });
    const good = { files: await files(), site: await contents(stage) };
    await moment();
    for (const { directory } of stage.hosts) {
      const text = await readFile(join(directory, FILE), 'utf8');
      await writeFile(join(directory, `${FILE}.previous`), text);
      await writeFile(join(directory, FILE), `${text}MAIL_SERVER=nowhere\n`);
    }
    await stage.deploy('1.2.0');
    await stage.site.deploy(buildSite('1.2.0', { broken: true }));
    await sql("UPDATE generations SET text = ''");
    return { ...data, good, bad: { files: await files(), site: await contents(stage) } };
  };

  it.each(['rename', 'environment'] as const)('brings everything back, the database by %s', async (cutover) => {
    const { stage, instance, rows, instances, files, health, good } = await setUp({ cutover });
    const rollback = await stage.rollBack(together);
    expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded', to: { version: '1.1.0' } });
    expect([await stage.versions(), await health()]).toEqual([
      ['1.1.0', '1.1.0'],
      [200, 200],
    ]);
    expect((await files()).map(withoutAddress)).toEqual(good.files.map(withoutAddress));
    expect(await contents(stage)).toEqual(good.site);
    const restored = Object.keys(await instances()).find((name) => name.includes('-rb-')) ?? instance;
    expect(await rows(restored)).toEqual(['one', 'two']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('takes everything back when one part of it fails', async () => {
    const { stage, rows, instances, files, health, bad } = await setUp({ cutover: 'rename' });
    const when = ({ Bucket, Key }: { Bucket: string; Key: string }) => Bucket === stage.site.bucket && Key === 'index.html';
    const error = { code: 'AccessDenied', message: 'Access Denied', status: 403 };
    theatre.aws.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'error', error, times: 100, when });
    const rollback = await stage.rollBack(together);
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
