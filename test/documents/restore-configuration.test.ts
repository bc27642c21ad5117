import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configurationAt, configured, FROM, SECRETS, TO } from './configured.ts';

const isRoot = process.getuid?.() === 0;
const GOOD = configurationAt(FROM, 'MODE=good\nOLDER=1\n');

let at: Awaited<ReturnType<typeof configured>>;
let previous: string;
beforeEach(async () => {
  at = await configured();
  previous = `${at.file}.previous`;
  at.put(GOOD, previous, 0o644);
});
afterEach(() => at.host.stop());

const backup = (stamp: string, id: string, content: string) => {
  mkdirSync(at.backups, { recursive: true });
  writeFileSync(join(at.backups, `${stamp}-${id}.env`), content);
};

describe('a restore', () => {
  it('brings the previous file back with mode and owner kept, and the services up on it', async () => {
    const before = at.read();
    const [pid, proxy] = [await at.mainPid(), await at.mainPid('proxy')];
    const result = await at.restore({ configurationFrom: 'previous', maxErrors: '0' });
    expect(result).toMatchObject({
      configuration: { mode: '640', backup: expect.stringMatching(/\/configuration\/\d{8}T\d{6}Z-rollback-1\.env$/) },
      missingKeys: ['NEWER'],
      addedKeys: ['OLDER'],
      database: null,
      changed: true,
      services: [
        { name: 'web', state: 'active' },
        { name: 'proxy', state: 'active' },
      ],
      health: { status: 200, version: 'good' },
      errorsInLogs: 0,
    });
    expect([at.read(), at.mode()]).toEqual([GOOD, '640']);
    expect(at.read(result.configuration?.backup ?? '')).toBe(before);
    expect(at.mode(result.configuration?.backup ?? '')).toBe('600');
    expect([await at.version(), await at.mainPid('proxy')]).toEqual(['good', proxy]);
    expect(await at.mainPid()).not.toBe(pid);
    expect(at.leftovers()).toEqual([]);
  });

  it('gives the file the mode that it is told, without a moment in which others can read it', async () => {
    expect(await at.restore({ configurationFrom: 'previous', configurationMode: '0600' })).toMatchObject({
      configuration: { mode: '600' },
    });
    const pid = await at.mainPid();
    expect(await at.restore({ configurationFrom: 'previous', configurationMode: '600' })).toMatchObject({ changed: false });
    expect(await at.mainPid()).toBe(pid);
  });

  it('answers the same when it is run again, and restarts nothing', async () => {
    const first = await at.restore({ configurationFrom: 'previous' });
    const pid = await at.mainPid();
    const second = await at.restore({ configurationFrom: 'previous' });
    expect(second).toMatchObject({
      changed: false,
      configuration: first.configuration,
      missingKeys: ['NEWER'],
      addedKeys: ['OLDER'],
    });
    expect(await at.mainPid()).toBe(pid);
    expect(at.kept()).toHaveLength(1);
  });

  it('restarts services that run since before the file was changed by hand', async () => {
    await new Promise((resolve) => setTimeout(resolve, 2500));
    at.put(GOOD);
    backup('20260101T000000Z', 'release-1', GOOD);
    expect(await at.restore({ configurationFrom: 'backup:release-1' })).toMatchObject({ changed: true });
    expect(await at.version()).toBe('good');
  });

  it('never toggles: a second rollback to the previous file is refused', async () => {
    await at.restore({ configurationFrom: 'previous' });
    const pid = await at.mainPid();
    const failure = await at.refused({ configurationFrom: 'previous', rollbackId: 'rollback-2', fence: '8' });
    expect(failure).toMatchObject({ error: 'configuration-same', message: expect.stringContaining('a time') });
    expect([at.read(), await at.mainPid()]).toEqual([GOOD, pid]);
  });

  it('is undone by its own backup, and that is undone by another one', async () => {
    const bad = at.read();
    await at.restore({ configurationFrom: 'previous' });
    expect(await at.restore({ configurationFrom: 'backup:rollback-1' })).toMatchObject({ changed: true });
    expect([at.read(), await at.version()]).toEqual([bad, 'bad']);
    expect(at.kept()).toHaveLength(1);
    await at.restore({ configurationFrom: 'previous', rollbackId: 'rollback-2', fence: '8' });
    expect(await at.restore({ configurationFrom: 'backup:rollback-1', rollbackId: 'rollback-3', fence: '9' })).toMatchObject({
      missingKeys: ['OLDER'],
      addedKeys: ['NEWER'],
    });
    expect(at.kept()).toHaveLength(3);
  });

  it.each([
    ['lines that say nothing', 'MODE=odd\nwhat is this\nDATABASE_URL=x\n'],
    ['nothing in it', ''],
  ])('is undone also to a file with %s: the way back asks for no more than there was', async (_, odd) => {
    at.put(odd);
    await at.restore({ configurationFrom: 'previous' });
    const back = { configurationFrom: 'backup:rollback-1', applicationServices: '', healthUrl: '' };
    expect(await at.restore(back)).toMatchObject({ changed: true });
    expect(at.read()).toBe(odd);
  });

  it('takes the newest backup with an id, and no other id that ends alike', async () => {
    backup('20260101T000000Z', '1', 'DATABASE_URL=older\nMODE=older\n');
    backup('20260201T000000Z', '1', 'DATABASE_URL=newer\nMODE=newer\n');
    backup('20260301T000000Z', 'x-1', 'DATABASE_URL=other\nMODE=other\n');
    await at.restore({ configurationFrom: 'backup:1' });
    expect(await at.version()).toBe('newer');
  });

  it.each([
    ['20260115T000000Z', 'february'],
    ['20260101T000000Z', 'january'],
    ['20260131T235959Z', 'february'],
  ])('at %s was what the next backup kept: %s', async (time, mode) => {
    backup('20260101T000000Z', 'release-1', 'DATABASE_URL=x\nMODE=january\n');
    backup('20260201T000000Z', 'release-2', 'DATABASE_URL=x\nMODE=february\n');
    backup('20260301T000000Z', 'release-3', 'DATABASE_URL=x\nMODE=march\n');
    // What this rollback kept itself is what it leaves.
    backup('20260601T000000Z', 'rollback-1', at.read());
    await at.restore({ configurationFrom: `time:${time}` });
    expect(await at.version()).toBe(mode);
  });

  it('after the last backup was what the file holds, unless it was changed since', async () => {
    const time = { configurationFrom: 'time:20260401T000000Z' };
    backup('20260301T000000Z', 'release-3', 'DATABASE_URL=x\nMODE=march\n');
    // Nobody knows what was in force between the change that this was made before, and the one after it.
    expect(await at.refused(time)).toMatchObject({ error: 'configuration-missing' });
    utimesSync(at.file, new Date('2026-03-02T00:00:00Z'), new Date('2026-03-02T00:00:00Z'));
    expect(await at.refused(time)).toMatchObject({ error: 'configuration-same' });
    backup('20260501T000000Z', 'release-5', at.read());
    expect(await at.refused(time)).toMatchObject({ error: 'configuration-same' });
  });

  it('brings back a file that somebody deleted, with the owner and mode of its copy', async () => {
    rmSync(at.file);
    expect(await at.restore({ configurationFrom: 'previous' })).toMatchObject({
      configuration: { mode: '644', backup: null },
      missingKeys: [],
      changed: true,
      health: { version: 'good' },
    });
  });

  it('is undone where there was no file: what was put there goes away again, once', async () => {
    rmSync(at.file);
    await at.host.result('capture-host', { directory: at.values.directory, configurationFile: at.file });
    await at.restore({ configurationFrom: 'previous' });
    // Without the file, the services do not come up: as before.
    const back = { configurationFrom: 'backup:rollback-1', applicationServices: '', healthUrl: '' };
    expect(await at.restore({ ...back, checkOnly: 'yes' })).toMatchObject({ configuration: { mode: '644' } });
    at.host.killAt('rm -f -- */var/www/.env', 'after');
    expect(await at.host.run('restore-configuration', { ...at.values, ...back })).toMatchObject({ code: 137 });
    expect(await at.restore(back)).toMatchObject({ configuration: null, changed: true });
    expect(existsSync(at.file)).toBe(false);
    expect(await at.restore(back)).toMatchObject({ configuration: null, changed: false });
    expect(at.read(previous)).toBe(GOOD);
  });

  it('is not undone by taking it away where its backup was lost', async () => {
    await at.host.result('capture-host', { directory: at.values.directory, configurationFile: at.file });
    await at.restore({ configurationFrom: 'previous' });
    for (const name of at.kept()) rmSync(join(at.backups, name));
    expect(await at.refused({ configurationFrom: 'backup:rollback-1' })).toMatchObject({ error: 'configuration-missing' });
    expect(at.read()).toBe(GOOD);
  });

  it('keeps every byte, also without a line break at the end, with another one, and with values over lines', async () => {
    const content = Buffer.from(
      'DATABASE_URL=x\r\nMODE=good\r\nPEM="one\ntwo = three\n" # end\n\t\n; old style\nLAST=\xff',
      'latin1',
    );
    at.put(content, previous);
    await at.restore({ configurationFrom: 'previous' });
    expect(readFileSync(at.file).equals(content)).toBe(true);
  });

  it('replaces what an earlier run left beside the file, a link too', async () => {
    const target = join(at.host.root, 'var/www/precious');
    writeFileSync(target, 'precious\n');
    symlinkSync(target, join(at.host.root, 'var/www/..env.rollback'));
    await at.restore({ configurationFrom: 'previous' });
    expect(at.read(target)).toBe('precious\n');
    expect(at.leftovers()).toEqual(['precious']);
  });
});

describe('together with others, a file that', () => {
  const together = { configurationFrom: 'previous', configurationMayStay: 'yes' } as const;

  it('is right already stays, whatever it looks like', async () => {
    at.put('MODE=bad\nDATABASE_URL=x\nwhat is this\n');
    at.put(at.read(), previous);
    const before = at.read();
    expect(await at.restore({ ...together, checkOnly: 'yes' })).toMatchObject({ stays: 'same' });
    expect(await at.restore(together)).toMatchObject({ stays: 'same', missingKeys: [], database: null });
    expect([at.read(), await at.version()]).toEqual([before, 'bad']);
  });

  it('has no earlier one stays, but for the address of its database', async () => {
    rmSync(previous);
    const before = at.read();
    const moved = { ...together, databaseFrom: FROM, databaseTo: TO };
    expect(await at.restore({ ...together, checkOnly: 'yes' })).toMatchObject({ stays: 'missing' });
    expect(await at.restore(moved)).toMatchObject({ stays: 'missing', database: { address: TO, was: FROM }, changed: true });
    expect(at.read()).toBe(before.replace(FROM, TO));
    expect(await at.restore(moved)).toMatchObject({ changed: false });
    expect(await at.refused({ ...moved, databaseFrom: 'other:1', databaseTo: 'another:2' })).toMatchObject({
      error: 'database-elsewhere',
    });
    expect(await at.restore({ configurationFrom: 'backup:rollback-1' })).toMatchObject({ stays: null, changed: true });
    expect(at.read()).toBe(before);
  });

  it('has an earlier one is restored, also by a second run', async () => {
    expect(await at.restore(together)).toMatchObject({ stays: null, changed: true });
    expect(await at.restore(together)).toMatchObject({ stays: null, changed: false });
    expect(at.read()).toBe(GOOD);
  });

  it('is not there at all is still missed, and so is a backup with an id', async () => {
    expect(await at.refused({ ...together, configurationFrom: 'backup:nothing' })).toMatchObject({
      error: 'configuration-missing',
    });
    rmSync(previous);
    rmSync(at.file);
    expect(await at.refused(together)).toMatchObject({ error: 'configuration-missing' });
  });
});

describe('a look', () => {
  it('tells what would come, and changes nothing', async () => {
    const [before, pid, { ino }] = [at.read(), await at.mainPid(), statSync(at.file)];
    expect(await at.restore({ configurationFrom: 'previous', checkOnly: 'yes' })).toMatchObject({
      configuration: { mode: '640', backup: null },
      missingKeys: ['NEWER'],
      addedKeys: ['OLDER'],
      changed: false,
      services: [],
      health: null,
      errorsInLogs: null,
    });
    expect([at.read(), await at.mainPid(), statSync(at.file).ino]).toEqual([before, pid, ino]);
    expect([at.kept(), at.leftovers()]).toEqual([[], []]);
  });

  it('finds what a restore would find', async () => {
    rmSync(previous);
    expect(await at.refused({ configurationFrom: 'previous', checkOnly: 'yes' })).toMatchObject({
      error: 'configuration-missing',
    });
  });
});

describe('refusals, before anything is touched', () => {
  const untouched = async (more: Parameters<typeof at.refused>[0]) => {
    const [before, pid, { ino }] = [at.read(), await at.mainPid(), statSync(at.file)];
    const failure = await at.refused(more);
    expect([at.read(), await at.mainPid(), statSync(at.file).ino]).toEqual([before, pid, ino]);
    expect(at.leftovers()).toEqual([]);
    return failure;
  };

  it.each<[string, string, (path: string) => void]>([
    ['nothing', 'configuration-missing', () => {}],
    ['a folder', 'configuration-not-a-file', (path) => mkdirSync(path)],
    ['a link to a good file', 'configuration-not-a-file', (path) => symlinkSync(at.file, path)],
    ['a link to nothing', 'configuration-not-a-file', (path) => symlinkSync('/nowhere', path)],
    ['a pipe', 'configuration-not-a-file', (path) => execFileSync('mkfifo', [path])],
    ['an empty file', 'configuration-empty', (path) => writeFileSync(path, '')],
    ['comments alone', 'configuration-empty', (path) => writeFileSync(path, '# nothing\n\n')],
    ['what a crash left', 'configuration-unreadable', (path) => writeFileSync(path, Buffer.alloc(300))],
    ['far too much', 'configuration-unreadable', (path) => writeFileSync(path, `A=${'a'.repeat(1_100_000)}\n`)],
    ['a value that does not end', 'configuration-unreadable', (path) => writeFileSync(path, 'A="b\nC=d\n')],
    ['an archive', 'configuration-unreadable', (path) => execFileSync('tar', ['-czf', path, '-C', at.backups, '.'])],
  ])('%s to restore from', async (_, error, make) => {
    rmSync(previous);
    mkdirSync(at.backups, { recursive: true });
    make(previous);
    expect(await untouched({ configurationFrom: 'previous' })).toMatchObject({ error });
  });

  it('a line that is none: its number is told, not what it holds', async () => {
    at.put(`A=1\n# fine\nexport B = 2\n${SECRETS[2]}\n`, previous);
    const failure = await untouched({ configurationFrom: 'previous' });
    expect(failure).toMatchObject({ error: 'configuration-unreadable', message: expect.stringContaining('Line 4') });
    expect(JSON.stringify(failure)).not.toContain(SECRETS[2]);
  });

  it('no backup of an id or of any time', async () => {
    expect(await untouched({ configurationFrom: 'backup:nothing' })).toMatchObject({ error: 'configuration-missing' });
    expect(await untouched({ configurationFrom: 'time:20260101T000000Z' })).toMatchObject({ error: 'configuration-missing' });
  });

  it('a previous file that the configuration is already', async () => {
    at.put(at.read(), previous);
    expect(await untouched({ configurationFrom: 'previous' })).toMatchObject({ error: 'configuration-same' });
  });

  it('a configuration file that is a link: what it leads to stays', async () => {
    const target = join(at.host.root, 'var/www/sample/linked.env');
    at.put(at.read(), target);
    rmSync(at.file);
    symlinkSync(target, at.file);
    for (const configurationFrom of ['previous', '']) {
      const failure = await untouched({ configurationFrom, databaseFrom: FROM, databaseTo: TO });
      expect(failure).toMatchObject({ error: 'configuration-not-a-file' });
    }
  });

  it('a file that is not there and is not to be restored', async () => {
    rmSync(at.file);
    expect(await at.refused()).toMatchObject({ error: 'configuration-missing' });
  });

  it.skipIf(!isRoot)('an owner that the host does not have', async () => {
    const configurationOwner = 'nobody-of-that-name:root';
    expect(await untouched({ configurationFrom: 'previous', configurationOwner })).toMatchObject({ error: 'wrong-owner' });
  });

  it.skipIf(isRoot)('an owner that only root can give', async () => {
    expect(await untouched({ configurationFrom: 'previous', configurationOwner: 'root:root' })).toMatchObject({
      error: 'wrong-owner',
    });
  });

  it('a database without a word about the one before it', async () => {
    expect(await untouched({ databaseTo: TO })).toMatchObject({ error: 'invalid-parameter' });
  });
});

describe('services that do not come up', () => {
  it('are reported with where the host stands, and come up on the backup', async () => {
    at.put('MODE=good\n', previous);
    const failure = await at.refused({ configurationFrom: 'previous', settleSeconds: '2' });
    expect(failure).toMatchObject({ error: 'service-failed', changed: true, services: [{ name: 'web' }, { name: 'proxy' }] });
    expect(await at.restore({ configurationFrom: 'backup:rollback-1' })).toMatchObject({
      changed: true,
      health: { version: 'bad' },
    });
  });

  it('in time are reported with what they answered', async () => {
    const failure = await at.refused({ configurationFrom: 'previous', expectedVersion: 'other', healthAttemptSeconds: '1' });
    expect(failure).toMatchObject({ error: 'health-failed', changed: true, health: { status: 200, version: 'good' } });
  });
});

describe.skipIf(!isRoot)('as root', () => {
  it('keeps the owner of the file, and gives it the one that it is told', async () => {
    execFileSync('chown', ['nobody:daemon', at.file]);
    expect(await at.restore({ configurationFrom: 'previous' })).toMatchObject({ configuration: { owner: 'nobody:daemon' } });
    expect(statSync(join(at.backups, at.kept()[0] ?? '')).uid).toBe(statSync(at.file).uid);
    const told = { configurationFrom: 'previous', configurationOwner: 'daemon:root', configurationMode: '640' };
    expect(await at.restore(told)).toMatchObject({ changed: true, configuration: { owner: 'daemon:root', mode: '640' } });
  });

  it('keeps an owner that the host has no name for', async () => {
    execFileSync('chown', ['54321:54321', at.file]);
    await at.restore({ configurationFrom: 'previous' });
    expect(statSync(at.file)).toMatchObject({ uid: 54321, gid: 54321 });
    expect(await at.restore({ configurationFrom: 'previous' })).toMatchObject({ changed: false });
  });

  it('leaves the file as it was when the disk is full', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'small-'));
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    try {
      const file = join(disk, 'app.env');
      const content = `DATABASE_URL=x\nLONG=${'a'.repeat(20_000)}\n`;
      at.put(content, file);
      at.put(content.replace('=x', '=y'), `${file}.previous`);
      // dd fails because the disk is full.
      expect(() => execFileSync('dd', ['if=/dev/zero', `of=${disk}/ballast`], { stdio: 'ignore' })).toThrow();
      const failure = await at.refused({ configurationFile: file, configurationFrom: 'previous' });
      expect(failure).toMatchObject({ error: 'disk-full' });
      expect(at.read(file)).toBe(content);
      rmSync(join(disk, 'ballast'));
      await at.restore({ configurationFile: file, configurationFrom: 'previous' });
      expect(at.read(file)).toBe(at.read(`${file}.previous`));
      expect(execFileSync('ls', ['-A', disk], { encoding: 'utf8' })).toBe('app.env\napp.env.previous\n');
    } finally {
      execFileSync('/bin/umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

describe('a run that is killed', () => {
  const POINTS: readonly [string, 'before' | 'after'][] = [
    ['mv -fT -- */configuration/new*', 'before'],
    ['mv -fT -- */configuration/new*', 'after'],
    ['mv -fT -- */..env.rollback*', 'before'],
    ['mv -fT -- */..env.rollback*', 'after'],
    ['systemctl stop*', 'before'],
    ['systemctl stop*', 'after'],
    ['systemctl restart*', 'before'],
    ['systemctl restart*', 'after'],
    ['systemctl reload*', 'before'],
    ['rm -f -- */pending-configuration*', 'after'],
  ];

  it.each(POINTS)('at %s (%s) ends right when it is run again', async (pattern, moment) => {
    const before = at.read();
    at.host.killAt(pattern, moment);
    const values = { ...at.values, configurationFrom: 'previous' };
    expect(await at.host.run('restore-configuration', values)).toMatchObject({ code: 137, stdout: '' });
    const result = await at.restore({ configurationFrom: 'previous' });
    expect(result).toMatchObject({ missingKeys: ['NEWER'], addedKeys: ['OLDER'], health: { version: 'good' } });
    expect([at.read(), await at.version()]).toEqual([GOOD, 'good']);
    expect(at.read(result.configuration?.backup ?? '')).toBe(before);
    expect([at.kept().length, at.leftovers()]).toEqual([1, []]);
    expect(await at.restore({ configurationFrom: 'previous' })).toMatchObject({ changed: false });
  });

  it.each(['check-out-code', 'manage-services'] as const)('between file and restart is finished by %s too', async (document) => {
    at.host.killAt('systemctl stop*');
    await at.host.run('restore-configuration', { ...at.values, configurationFrom: 'previous' });
    expect(await at.version()).toBe('bad');
    const { configurationFile: _, ...values } = at.values;
    const next = document === 'check-out-code' ? { commit: at.commit } : { operation: 'start' };
    expect(await at.host.result(document, { ...values, ...next, rollbackId: 'rollback-2', fence: '8' } as never)).toMatchObject({
      changed: true,
    });
    expect(await at.version()).toBe('good');
  });
});

it('no document prints what the configuration holds', async () => {
  const { directory, applicationServices } = at.values;
  const base = { directory, configurationFile: at.file };
  const runs = [
    await at.host.run('back-up-configuration', base),
    await at.host.run('capture-host', { ...base, applicationServices }),
    await at.host.run('restore-configuration', { ...at.values, configurationFrom: 'previous', checkOnly: 'yes' }),
    await at.host.run('restore-configuration', { ...at.values, databaseFrom: TO, databaseTo: TO }),
    await at.host.run('restore-configuration', {
      ...at.values,
      configurationFrom: 'previous',
      databaseFrom: FROM,
      databaseTo: TO,
    }),
    await at.host.run('check-out-code', { ...at.values, commit: at.commit, configurationFrom: 'backup:rollback-1' }),
    await at.host.run('inspect-host', { ...base, applicationServices }),
    await at.host.run('query-database', { ...base, sql: 'SELECT 1', databaseAddress: '127.0.0.1:1' }),
  ];
  for (const { stdout, stderr } of runs) for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
});
