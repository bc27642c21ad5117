import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
let file: string;
beforeEach(async () => {
  at = await twoReleases();
  file = join(at.host.root, 'var/www/.env');
  writeFileSync(file, 'DATABASE_URL=postgres://me:secret@db/app\n', { mode: 0o640 });
  chmodSync(file, 0o640);
});
afterEach(() => at.host.stop());

const SHA256 = 64;

describe('inspect-host', () => {
  const look = (more: object = {}) => {
    const { applicationServices, proxyServices, healthUrl, logUnits, directory } = at.values;
    return at.host.result('inspect-host', { applicationServices, proxyServices, healthUrl, logUnits, directory, ...more });
  };

  it('tells what runs, and makes nothing on the host', async () => {
    at.repository.write('settings.txt', 'edited\n');
    at.repository.write('stray', '');
    const run = await look({ commit: at.good, configurationFile: file, logsSince: '1700000000' });
    expect(run).toMatchObject({
      commit: at.bad,
      branch: 'main',
      dirtyFiles: 2,
      targetPresent: true,
      services: [
        { name: 'web', state: 'active', mainPid: await at.mainPid() },
        { name: 'proxy', state: 'active' },
      ],
      configuration: { mode: '640', owner: expect.stringMatching(`^${userInfo().username}:`) },
      health: { status: 200, version: '1.1.0' },
      errorsInLogs: 0,
      fence: null,
    });
    expect(run.configuration?.sha256).toHaveLength(SHA256);
    expect(run.freeMegabytes).toBeGreaterThan(0);
    expect(existsSync(at.host.state)).toBe(false);
  });

  it('tells what is not there', async () => {
    await at.host.systemctl('stop', 'web');
    const run = await look({
      commit: 'a'.repeat(40),
      configurationFile: '/nowhere/.env',
      applicationServices: 'web,nothing',
      logUnits: '',
    });
    expect(run).toMatchObject({
      targetPresent: false,
      services: [
        { name: 'web', state: 'inactive', mainPid: 0 },
        { name: 'nothing', state: 'not-found' },
        { name: 'proxy', state: 'active' },
      ],
      configuration: null,
      health: { status: 0, version: null },
      errorsInLogs: null,
    });
  });

  it('stays below 2,000 characters and says nothing that the configuration holds', async () => {
    const { stdout, stderr } = await at.host.run('inspect-host', {
      ...{ directory: at.values.directory, applicationServices: 'web', configurationFile: file },
    });
    expect(stdout.length).toBeLessThan(2000);
    expect(stdout + stderr).not.toContain('secret');
  });
});

describe('capture-host', () => {
  const capture = (more: object = {}) =>
    at.host.run('capture-host', { directory: at.values.directory, applicationServices: 'web', configurationFile: file, ...more });
  const backups = () => readdirSync(join(at.host.state, 'configuration'));

  it('backs the configuration up, dated, for its owner only', async () => {
    const run = await at.host.result('capture-host', { directory: at.values.directory, configurationFile: file });
    const backup = run.configuration?.backup ?? '';
    expect(backup).toMatch(/\/configuration\/\d{8}T\d{6}Z-rollback-1\.env$/);
    expect(readFileSync(backup, 'utf8')).toBe(readFileSync(file, 'utf8'));
    expect(statSync(backup).mode & 0o777).toBe(0o600);
  });

  it('answers what its first run saw, also after the change', async () => {
    const first = await capture();
    await at.host.result('check-out-code', { ...at.values, commit: at.good });
    writeFileSync(file, 'CHANGED=yes\n');
    const second = await capture();
    expect(second.stdout).toBe(first.stdout);
    expect(backups()).toHaveLength(1);
  });

  it('finds its backup again when it was killed after making it', async () => {
    at.host.killAt('mv -fT -- */captures/*');
    expect((await capture()).code).toBe(137);
    expect((await capture()).code).toBe(0);
    expect(backups()).toHaveLength(1);
  });

  it('keeps the backups of rollbacks apart whose ids end alike', async () => {
    await capture({ rollbackId: 'x-1' });
    await capture({ rollbackId: '1' });
    expect(backups()).toHaveLength(2);
  });

  it('does without a configuration', async () => {
    expect(await at.host.result('capture-host', { directory: at.values.directory })).toMatchObject({
      configuration: null,
      commit: at.bad,
    });
  });
});
