import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';
import { server } from './repository.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
});
afterEach(() => at.host.stop());

const quick = { healthAttemptSeconds: '1' };

describe('a switch', () => {
  it('goes to the commit, restarts and answers where it stands', async () => {
    const before = await at.mainPid();
    const proxy = await at.mainPid('proxy');
    const result = await at.host.result('check-out-code', {
      ...at.values,
      commit: at.good,
      expectedVersion: '1.0.0',
      maxErrors: '0',
      settleSeconds: '1',
    });
    expect(result).toMatchObject({
      previousCommit: at.bad,
      commit: at.good,
      changed: true,
      savedRef: null,
      savedCount: 0,
      restored: null,
      services: [
        { name: 'web', state: 'active' },
        { name: 'proxy', state: 'active' },
      ],
      health: { status: 200, version: '1.0.0' },
      errorsInLogs: 0,
    });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.good);
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(await at.version()).toBe('1.0.0');
    expect(await at.mainPid()).not.toBe(before);
    expect(await at.mainPid('proxy')).toBe(proxy);
  });

  it('changes nothing when all is right already', async () => {
    await at.host.result('check-out-code', { ...at.values, commit: at.good });
    const pid = await at.mainPid();
    const again = await at.host.result('check-out-code', { ...at.values, commit: at.good });
    expect(again).toMatchObject({ changed: false, previousCommit: at.good });
    expect(await at.mainPid()).toBe(pid);
  });

  it('restarts when somebody switched the code and did not', async () => {
    const pid = await at.mainPid();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    at.repository.git('checkout', '--quiet', at.good);
    expect(await at.host.result('check-out-code', { ...at.values, commit: at.good })).toMatchObject({ changed: true });
    expect(await at.mainPid()).not.toBe(pid);
    expect(await at.version()).toBe('1.0.0');
  });

  it('does not reload nginx with a configuration that nginx refuses', async () => {
    at.host.writeUnit('nginx', ['ExecStart=/bin/sleep 10000', 'ExecReload=/bin/false']);
    await at.host.systemctl('start', 'nginx');
    writeFileSync(join(at.host.root, 'interrupter/nginx'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const failure = await at.host.failure('check-out-code', { ...at.values, proxyServices: 'nginx', commit: at.good });
    expect(failure).toMatchObject({ error: 'proxy-invalid', commit: at.good });
  });

  it('restarts services that are down although the code is right', async () => {
    await at.host.systemctl('stop', 'web', 'proxy');
    const result = await at.host.result('check-out-code', { ...at.values, commit: at.bad });
    expect(result).toMatchObject({ changed: true, previousCommit: at.bad });
    expect(await at.version()).toBe('1.1.0');
    expect(await at.mainPid('proxy')).toBeGreaterThan(0);
  });

  it('comes up after systemd gave up on starting the bad release', async () => {
    const crashing = at.repository.release({ 'server.mjs': 'process.exit(1);\n' });
    at.repository.deploy(crashing);
    await at.host.systemctl('restart', 'web');
    await expect
      .poll(async () => (await at.host.systemctl('is-active', 'web')).stdout.trim(), { timeout: 10_000 })
      .toBe('failed');
    expect(await at.host.result('check-out-code', { ...at.values, commit: at.good })).toMatchObject({ changed: true });
    expect(await at.version()).toBe('1.0.0');
  });

  it('takes a health answer without a version as good', async () => {
    const silent = at.repository.release({ 'server.mjs': server('1.2.0').replace('version:', 'release:') });
    at.repository.git('fetch', '--quiet');
    const result = await at.host.result('check-out-code', { ...at.values, commit: silent, expectedVersion: '1.2.0' });
    expect(result.health).toMatchObject({ status: 200, version: null });
  });

  it('runs the install script of the commit in the repository', async () => {
    const scripted = at.repository.release({
      'deploy/install.sh': '#!/bin/sh\nprintf "%s %s" "$PWD" "$HOME" > installed\n',
      '.gitignore': 'installed\n',
    });
    at.repository.git('fetch', '--quiet');
    await at.host.result('check-out-code', {
      ...at.values,
      commit: scripted,
      installKind: 'script',
      installScript: 'deploy/install.sh',
    });
    expect(at.repository.read('installed')).toMatch(new RegExp(`^${at.repository.directory} /`));
  });
});

describe('a release that does not come up', () => {
  const switchTo = (commit: string, more: object = {}) => {
    at.repository.git('fetch', '--quiet');
    return at.host.failure('check-out-code', { ...at.values, ...quick, commit, ...more });
  };

  it('is reported when its process dies', async () => {
    const crashing = at.repository.release({ 'server.mjs': 'process.exit(3);\n' });
    expect(await switchTo(crashing, { settleSeconds: '2' })).toMatchObject({
      error: 'service-failed',
      previousCommit: at.bad,
      commit: crashing,
      changed: true,
    });
  });

  it('is reported when its health is red', async () => {
    const red = at.repository.release({ 'server.mjs': server('1.2.0', { status: 503 }) });
    expect(await switchTo(red)).toMatchObject({ error: 'health-failed', commit: red, health: { status: 503, version: '1.2.0' } });
  });

  it('is reported when another version answers', async () => {
    expect(await switchTo(at.good, { expectedVersion: '9.9.9' })).toMatchObject({
      error: 'health-failed',
      health: { status: 200, version: '1.0.0' },
    });
  });

  it('is reported when it writes errors', async () => {
    const noisy = at.repository.release({
      'server.mjs': server('1.2.0', { start: "console.log('<3>cannot reach the database\\nsecond line');" }),
    });
    expect(await switchTo(noisy, { maxErrors: '0' })).toMatchObject({ error: 'errors-in-logs', commit: noisy });
    expect(await at.host.result('check-out-code', { ...at.values, commit: at.good, maxErrors: '0' })).toMatchObject({
      errorsInLogs: 0,
    });
  });

  it('is not blamed for what the release before it wrote while it died', async () => {
    const dying = at.repository.release({
      'server.mjs': server('1.2.0', {
        start: "process.on('SIGTERM', () => { console.log('<3>lost everything'); process.exit(1); });",
      }),
    });
    await at.start(dying);
    const result = await at.host.result('check-out-code', { ...at.values, commit: at.good, maxErrors: '0' });
    expect(result.errorsInLogs).toBe(0);
    expect(readFileSync(join(at.host.root, 'var/log/journal/web.log'), 'utf8')).toContain('lost everything');
  });

  it('can be left again by the same document', async () => {
    const red = at.repository.release({ 'server.mjs': server('1.2.0', { status: 500 }) });
    await switchTo(red);
    const undone = await at.host.result('check-out-code', {
      ...at.values,
      commit: at.bad,
      rollbackId: 'rollback-1',
      restoreSavedFrom: 'rollback-1',
    });
    expect(undone).toMatchObject({ previousCommit: red, commit: at.bad, changed: true, restored: { changes: 'none' } });
    expect(await at.version()).toBe('1.1.0');
  });

  it('shows what an install script printed, without credentials', async () => {
    const chatty = at.repository.release({ 'install.sh': '#!/bin/sh\necho fetching https://me:secret@example.com/x\n' });
    at.repository.git('fetch', '--quiet');
    const run = await at.host.run('check-out-code', {
      ...at.values,
      commit: chatty,
      installKind: 'script',
      installScript: 'install.sh',
      healthUrl: '',
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: true });
    expect(run.stderr).toContain('fetching https://***@example.com/x');
    expect(run.stdout + run.stderr).not.toContain('secret');
  });

  it('is reported when its install script fails', async () => {
    const failing = at.repository.release({
      'install.sh': '#!/bin/sh\necho fetching https://me:secret@example.com/x\nexit 194\n',
    });
    const failure = await switchTo(failing, { installKind: 'script', installScript: 'install.sh' });
    expect(failure).toMatchObject({ error: 'install-failed', detail: 'fetching https://***@example.com/x' });
  });
});

describe('refusals, before anything is touched', () => {
  const refused = async (more: object) => {
    const pid = await at.mainPid();
    const failure = await at.host.failure('check-out-code', { ...at.values, commit: at.good, ...more });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.bad);
    expect(await at.mainPid()).toBe(pid);
    return failure;
  };

  it('a commit that is not there', async () => {
    expect(await refused({ commit: '0'.repeat(40) })).toMatchObject({ error: 'commit-missing' });
  });

  it('an environment that was not prepared', async () => {
    const packaged = at.repository.release({ 'requirements.txt': '' });
    at.repository.git('fetch', '--quiet');
    const python = { installKind: 'python', requirements: 'requirements.txt', venv: 'venv' };
    expect(await refused({ commit: packaged, ...python })).toMatchObject({ error: 'environment-missing' });
  });

  it('a script that the commit does not have', async () => {
    expect(await refused({ installKind: 'script', installScript: 'none.sh' })).toMatchObject({ error: 'script-missing' });
  });

  it('a directory that is no repository, even inside one', async () => {
    at.repository.write('inner/file', '');
    expect(await refused({ directory: join(at.repository.directory, 'inner') })).toMatchObject({ error: 'not-a-repository' });
    expect(await refused({ directory: '/nowhere' })).toMatchObject({ error: 'directory-missing' });
  });

  it('a user that does not exist', async () => {
    expect(await refused({ user: 'nobody-of-that-name' })).toMatchObject({ error: 'user-missing' });
  });
});

describe('locks of git', () => {
  const lock = () => join(at.repository.directory, '.git/index.lock');

  it('are removed when their owner is dead', async () => {
    writeFileSync(lock(), '');
    await at.host.result('check-out-code', { ...at.values, commit: at.good });
    expect(existsSync(lock())).toBe(false);
  });

  it('are respected while a git of the repository runs', async () => {
    const git = spawn('git', ['-C', at.repository.directory, 'cat-file', '--batch'], { stdio: ['pipe', 'ignore', 'ignore'] });
    writeFileSync(lock(), '');
    try {
      expect(await at.host.failure('check-out-code', { ...at.values, commit: at.good })).toMatchObject({
        error: 'repository-busy',
      });
      expect(existsSync(lock())).toBe(true);
      expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.bad);
    } finally {
      git.kill();
    }
  });
});
