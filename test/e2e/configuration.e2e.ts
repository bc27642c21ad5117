/** Configuration rollbacks on real files of real hosts, and the ways in which they must not go wrong. */
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleHost } from '../../local/sample/host.ts';
import { DIRECTORY } from '../../local/sample/manifest.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const FILE = `${DIRECTORY}/backend/.env`;
const request = { strategy: 'configuration' };
const secret = 'hunter2-of-nobody';

describe('a configuration rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const pathOn = ({ directory }: SampleHost, suffix = '') => join(directory, `${FILE}${suffix}`);
  const owner = () => {
    const { username } = userInfo();
    return username;
  };
  const withConfiguration = async (changes = {}) =>
    theatre.stage({
      manifest: {
        configuration: { file: FILE, owner: `${owner()}:${await groupName()}`, mode: '600' },
        approval: { required: [], timeout: '1h' },
        ...changes,
      },
    });
  const groupName = async () => {
    const groups = await readFile('/etc/group', 'utf8');
    return (
      groups
        .split('\n')
        .find((line) => line.split(':')[2] === String(userInfo().gid))
        ?.split(':')[0] ?? owner()
    );
  };
  const texts = (stage: Stage, suffix = '') => Promise.all(stage.hosts.map((host) => readFile(pathOn(host, suffix), 'utf8')));
  /** A deployment that keeps the file it replaces, and takes the database's address away. */
  const breakConfiguration = (stage: Stage) =>
    Promise.all(
      stage.hosts.map(async (host) => {
        const good = await readFile(pathOn(host), 'utf8');
        await writeFile(pathOn(host, '.previous'), good, { mode: 0o600 });
        await writeFile(pathOn(host), `${good.replace(/^DATABASE_URL=.*\n/m, '')}NEW_KEY=${secret}\n`, { mode: 0o640 });
        await host.host.systemctl('restart', 'sample-api');
      }),
    );
  const health = async (stage: Stage) =>
    (await Promise.all(stage.hosts.map((host) => host.health()))).map(({ status }) => status);

  it('brings back the copy beside the file, with owner and mode, restarts, and tells names but never values', async () => {
    const stage = await withConfiguration();
    const good = await texts(stage);
    await breakConfiguration(stage);
    expect(await stage.rollBack(request)).toMatchObject({ status: 'succeeded' });
    expect(await texts(stage)).toEqual(good);
    expect(await health(stage)).toEqual([200, 200]);
    for (const host of stage.hosts) expect((await stat(pathOn(host))).mode & 0o777).toBe(0o600);
    const [{ rollbackId } = { rollbackId: '' }] = (
      await stage.operator.call('GET', `/rollbacks?application=${stage.application}`)
    ).rollbacks;
    const events = JSON.stringify(await stage.events(rollbackId));
    expect(events).toContain('NEW_KEY');
    expect(events).not.toContain(secret);
    await stage.expectOrder(rollbackId);
  });

  it('does not toggle forward when it is asked for again, and can be undone', async () => {
    const stage = await withConfiguration();
    const good = await texts(stage);
    // Bad in a way that the application starts with: only to that can anybody go back.
    for (const host of stage.hosts) {
      const text = await readFile(pathOn(host), 'utf8');
      await writeFile(pathOn(host, '.previous'), text, { mode: 0o600 });
      await writeFile(pathOn(host), `${text}MAIL_SERVER=nowhere\n`);
    }
    const bad = await texts(stage);
    const first = await stage.rollBack(request);
    expect(await stage.rollBack(request)).toMatchObject({
      status: 'failed',
      resolution: expect.stringMatching(/^Failed before anything was changed\. .*configuration-same/),
    });
    expect(await texts(stage)).toEqual(good);
    const { rollbackId } = await stage.operator.call('POST', `/rollbacks/${first.rollbackId}/undo`, { reason: 'it was right' });
    const undo = await stage.ended(rollbackId);
    expect(undo, undo.resolution).toMatchObject({ status: 'succeeded', trigger: { type: 'undo', of: first.rollbackId } });
    expect(await texts(stage)).toEqual(bad);
  });

  it('goes back by time to what was in force then: the next backup, as they are made before changes', async () => {
    const stage = await withConfiguration();
    const good = await texts(stage);
    for (const host of stage.hosts) {
      const folder = join(host.directory, 'var/lib/rollback-service', stage.application, 'configuration');
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, '20260101T000000Z-older.env'),
        (await readFile(pathOn(host), 'utf8')).replace('PORT', 'OLDER=1\nPORT'),
      );
      await writeFile(join(folder, '20260301T000000Z-newer.env'), await readFile(pathOn(host)));
      await writeFile(join(folder, '20260601T000000Z-newest.env'), 'NOT=this\n');
    }
    await breakConfiguration(stage);
    expect(await stage.rollBack({ ...request, target: { time: '2026-02-01T00:00:00Z' } })).toMatchObject({ status: 'succeeded' });
    expect(await texts(stage)).toEqual(good);
  });

  it.each([
    ['missing', 'configuration-missing', async (path: string) => rm(path)],
    ['empty', 'configuration-empty', async (path: string) => writeFile(path, '')],
    ['a folder', 'configuration-not-a-file', async (path: string) => rm(path).then(() => mkdir(path).then(() => undefined))],
    ['a symbolic link', 'configuration-not-a-file', async (path: string) => rm(path).then(() => symlink('/etc/hostname', path))],
    ['no configuration', 'configuration-unreadable', async (path: string) => writeFile(path, 'this is a letter\n')],
  ])('changes nothing where the copy on one host is %s', async (_what, error, damage) => {
    const stage = await withConfiguration();
    await breakConfiguration(stage);
    const before = await texts(stage);
    const [, second] = stage.hosts;
    if (second) await damage(pathOn(second, '.previous'));
    const rollback = await stage.rollBack(request);
    expect(rollback).toMatchObject({ status: 'failed' });
    expect(await texts(stage)).toEqual(before);
    expect(JSON.stringify(await stage.events(rollback.rollbackId))).toContain(error);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('is undone where the old file does not bring the application up, host by host', async () => {
    const stage = await withConfiguration();
    const before = await texts(stage);
    for (const host of stage.hosts) await writeFile(pathOn(host, '.previous'), `ADDRESS=${host.address}\nPORT=8000\n`);
    const rollback = await stage.rollBack(request);
    expect(rollback).toMatchObject({ status: 'undone' });
    expect(await texts(stage)).toEqual(before);
    expect(await health(stage)).toEqual([200, 200]);
    const [first] = stage.hosts;
    const kept = await readdir(join(first?.directory ?? '', 'var/lib/rollback-service', stage.application, 'configuration'));
    expect(kept.some((name) => name.includes(rollback.rollbackId))).toBe(true);
  });
});
