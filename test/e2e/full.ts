/** An application that a bad release broke in every part at once. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildSite } from '../../local/sample/site.ts';
import { FILE, openData } from './data.ts';
import { contents } from './frontend.ts';
import type { Theatre } from './harness.ts';

/** The request for a rollback of all parts. */
export const TOGETHER = { strategy: 'full', frontend: { source: 'time' } };

/** The address in it differs after a cut-over by environment. */
const withoutAddress = (text: string): string => text.replace(/@127\.0\.0\.1:\d+/, '@');

/** 1.1.0 is verified and all is well with it; then 1.2.0 comes and breaks everything. */
export const breakAll = async (theatre: Theatre, database: Parameters<typeof openData>[1]) => {
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

/** Rolls all parts back and asserts that they are as they were; `restored` names the instance that the rows are to be in then. */
export const expectAllBack = async (
  all: Awaited<ReturnType<typeof breakAll>>,
  restored: () => Promise<string>,
): Promise<void> => {
  const { stage, rows, files, health, good } = all;
  const rollback = await stage.rollBack(TOGETHER);
  expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded', to: { version: '1.1.0' } });
  expect([await stage.versions(), await health()]).toEqual([
    ['1.1.0', '1.1.0'],
    [200, 200],
  ]);
  expect((await files()).map(withoutAddress)).toEqual(good.files.map(withoutAddress));
  expect(await contents(stage)).toEqual(good.site);
  expect(await rows(await restored())).toEqual(['one', 'two']);
  await stage.expectOrder(rollback.rollbackId);
};
