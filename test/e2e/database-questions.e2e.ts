/** A psql that is broken on every host from some moment on: what cannot be asked is never taken for good. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostAction } from '../../lib/contracts.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { corrupted, expectUntouched, openCorrupted } from './corrupted.ts';
import { FILE, openData } from './data.ts';
import { commandsSent } from './faults.ts';
import { beforeHostCommand, standingOf, storyOf } from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const SAYS = 'error while loading shared libraries: libpq.so.5';

/** As after an update that went wrong: a psql that cannot run stands before the one that can. */
const breakPsql = ({ directory, host }: SampleHost): void => {
  const folder = join(directory, 'opt/broken');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'psql'), `#!/bin/sh\necho 'psql: ${SAYS}' >&2\nexit 127\n`, { mode: 0o755 });
  Object.assign(host.environment, { PATH: `${folder}:${host.environment.PATH}` });
};

describe('a database rollback whose question fails on the host', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const breakBefore = (stage: Stage, action: HostAction) =>
    beforeHostCommand(theatre, stage, action, 0, () => stage.hosts.map(breakPsql));
  /** The commands that change something, or come after a change. */
  const sentFrom = async (rollbackId: string, first: string) => {
    const sent = await commandsSent(theatre, rollbackId);
    return sent.slice(sent.indexOf(first));
  };
  const expectQuestionFailed = async (stage: Stage, rollbackId: string, action: HostAction) => {
    const { results } = (await stage.command(rollbackId, action)) ?? {};
    expect(results).toMatchObject([
      { host: stage.hosts[0]?.id, ok: false, error: 'query-failed', result: { detail: expect.stringContaining(SAYS) } },
    ]);
  };

  it('about the restored instance, while services run: failed, and nothing was stopped', async () => {
    const data = await openCorrupted(theatre);
    const { stage, instance } = data;
    const before = await standingOf(stage);
    breakBefore(stage, 'check-database');
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining('before anything was changed') });
    expect(rollback.resolution).toContain(`${stage.hosts[0]?.id}: query-failed`);
    expect(rollback.resolution).toContain(`The database ${instance} is untouched.`);
    await expectQuestionFailed(stage, rollback.rollbackId, 'check-database');
    expect(await standingOf(stage)).toEqual(before);
    const story = storyOf(await stage.events(rollback.rollbackId));
    expect(story.filter((event) => /^(stop|apply|verify|undo) /.test(event))).toEqual([]);
    const [restored = ''] = Object.keys(await data.instances()).filter((name) => name !== instance);
    expect(await data.rows(restored)).toEqual(['one', 'two']);
    expect(rollback.leftOver?.join(' ')).toContain(`delete-db-instance --db-instance-identifier ${restored}`);
    await expectUntouched(data, rollback.rollbackId);
  });

  it('about the restored instance, while services are stopped: undone, and all of them serve again', async () => {
    const data = await openCorrupted(theatre, { stopServices: 'before-restore' });
    const { stage, instance } = data;
    breakBefore(stage, 'check-database');
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
    expect(rollback.resolution).toContain(`${stage.hosts[0]?.id}: query-failed`);
    expect(rollback.resolution).toContain(`The database ${instance} is untouched.`);
    await expectQuestionFailed(stage, rollback.rollbackId, 'check-database');
    expect(await sentFrom(rollback.rollbackId, 'stop 0')).toEqual(['stop 0', 'check-database 0', 'undo 0', 'verify-undo 0']);
    expect(Object.keys(await data.instances()).filter((name) => name.includes('-before-'))).toEqual([]);
    await expectUntouched(data, rollback.rollbackId);
  });

  it.each(['rename', 'environment'] as const)(
    'after a cut-over by %s: undone on every host, with the old data',
    async (cutover) => {
      const data = await openCorrupted(theatre, { cutover });
      const { stage, instance } = data;
      const files = await data.files();
      breakBefore(stage, 'verify-database');
      const rollback = await data.rollBack();
      expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
      expect(rollback.resolution).toContain(`${stage.hosts[0]?.id}: query-failed`);
      await expectQuestionFailed(stage, rollback.rollbackId, 'verify-database');
      const follow = (command: string) => (cutover === 'rename' ? [command] : []);
      expect(await sentFrom(rollback.rollbackId, 'stop 0')).toEqual([
        'stop 0',
        ...follow('find-database 0'),
        'apply 0',
        'apply 1',
        'verify 0',
        'verify-database 0',
        'undo-stop 0',
        ...follow('undo-find-database 0'),
        'undo 0',
        'verify-undo 0',
      ]);
      expect(await data.files()).toEqual(files);
      const names = Object.keys(await data.instances());
      const [restored = ''] = names.filter((name) => name !== instance);
      expect(names.toSorted()).toEqual([instance, restored].toSorted());
      expect(restored).toMatch(/-rb-[0-9a-f]{8}$/);
      expect([await data.rows(instance), await data.rows(restored)]).toEqual([corrupted, ['one', 'two']]);
      expect(rollback.leftOver?.join(' ')).toContain(`delete-db-instance --db-instance-identifier ${restored}`);
      await expectUntouched(data, rollback.rollbackId);
    },
  );

  it('because the table is gone that it asks for: it is tried, and brought back all the same', async () => {
    const data = await openData(theatre);
    const time = await data.moment();
    await data.sql('DROP TABLE generations');
    const rollback = await data.stage.rollBack({ strategy: 'database', target: { time } });
    expect(rollback).toMatchObject({ status: 'succeeded' });
    const { results } = (await data.stage.command(rollback.rollbackId, 'probe-database')) ?? {};
    expect(results).toMatchObject([{ ok: true, result: { value: null, problem: expect.stringContaining('does not exist') } }]);
    expect(await data.rows()).toEqual(['one', 'two']);
    expect(await data.counted()).toEqual([2, 2]);
    await data.stage.expectOrder(rollback.rollbackId);
  });

  it('on one host only, whose DATABASE_URL leads elsewhere or nowhere: no name is changed, and no restore is paid for', async () => {
    const data = await openCorrupted(theatre, { cutover: 'rename' });
    const path = join(data.stage.hosts[1]?.directory ?? '', FILE);
    const good = readFileSync(path, 'utf8');
    for (const [code, text] of [
      ['database-elsewhere', good.replace(/@127\.0\.0\.1:\d+/, '@127.0.0.1:1')],
      ['database-url-missing', good.replace(/^DATABASE_URL=.*\n/m, '')],
    ] as const) {
      writeFileSync(path, text);
      const rollback = await data.rollBack();
      expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining(code) });
      expect(rollback.leftOver ?? []).toEqual([]);
      expect(Object.keys(await data.instances()).filter((name) => name.startsWith(data.instance))).toEqual([data.instance]);
      await expectUntouched(data, rollback.rollbackId);
    }
  });
});
