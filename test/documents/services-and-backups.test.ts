import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configured } from './configured.ts';
import type { DocumentValues } from './parameters.ts';

let at: Awaited<ReturnType<typeof configured>>;
beforeEach(async () => {
  at = await configured();
});
afterEach(() => at.host.stop());

type Values = Partial<DocumentValues<'manage-services'>>;
const values = (more: Values): Values => {
  const { configurationFile: _, ...rest } = at.values;
  return { ...rest, ...more };
};
const manage = (operation: 'stop' | 'start', more: Values = {}) =>
  at.host.result('manage-services', values({ operation, ...more }));
const refused = (operation: 'stop' | 'start', more: Values = {}) =>
  at.host.failure('manage-services', values({ operation, ...more }));
/** A service that its stop has to kill. */
const stubborn = () => {
  at.host.writeUnit('stubborn', ["ExecStart=/bin/bash -c 'trap : TERM; while :; do sleep 0.1; done'", 'TimeoutStopSec=45']);
  return at.host.systemctl('start', 'stubborn');
};

describe('stopping', () => {
  it('ends the services of the application, not the proxies, once', async () => {
    const proxy = await at.mainPid('proxy');
    expect(await manage('stop')).toMatchObject({
      changed: true,
      services: [
        { name: 'web', state: 'inactive', mainPid: 0 },
        { name: 'proxy', state: 'active', mainPid: proxy },
      ],
      health: null,
      errorsInLogs: null,
    });
    await expect(fetch(at.url)).rejects.toThrow();
    expect(await manage('stop')).toMatchObject({ changed: false });
  });

  it('takes a failed service as stopped, and one that systemd keeps restarting not', async () => {
    at.host.writeUnit('broken', ['ExecStart=/bin/false']);
    at.host.writeUnit('looping', ['ExecStart=/bin/false', 'Restart=always', 'RestartSec=300s']);
    await at.host.systemctl('start', 'broken', 'looping');
    await expect.poll(async () => (await at.host.systemctl('is-active', 'looping')).stdout.trim()).toBe('activating');
    expect(await manage('stop', { applicationServices: 'broken' })).toMatchObject({ changed: false });
    expect(await manage('stop', { applicationServices: 'broken,looping' })).toMatchObject({
      changed: true,
      services: [{ name: 'broken' }, { name: 'looping', state: 'inactive' }, { name: 'proxy' }],
    });
  });

  it('stops nothing where a unit is missing', async () => {
    expect(await refused('stop', { applicationServices: 'web,nothing' })).toMatchObject({
      error: 'service-missing',
      message: expect.stringContaining('nothing'),
    });
    expect(await at.version()).toBe('bad');
  });

  it('names what does not stop, and succeeds once it has', async () => {
    await stubborn();
    const failure = await refused('stop', { applicationServices: 'web,stubborn' });
    expect(failure).toMatchObject({
      error: 'service-not-stopped',
      message: expect.stringMatching(/^stubborn is not stopped/),
      services: [{ name: 'web', state: 'inactive' }, { name: 'stubborn' }, { name: 'proxy', state: 'active' }],
    });
    await at.host.systemctl('stop', 'stubborn');
    expect(await manage('stop', { applicationServices: 'web,stubborn' })).toMatchObject({ changed: false });
  }, 120_000);

  it.each(['before', 'after'] as const)('that was killed %s it began is finished by the next run', async (moment) => {
    at.host.killAt('systemctl stop*', moment);
    expect(await at.host.run('manage-services', values({ operation: 'stop' }))).toMatchObject({ code: 137 });
    expect(await manage('stop')).toMatchObject({ changed: moment === 'before', services: [{ state: 'inactive' }, {}] });
  });

  it('is fenced like every change', async () => {
    await at.host.result('back-up-configuration', { ...there(), fence: '9' });
    expect(await refused('stop')).toMatchObject({ error: 'stale-fence' });
    expect(await at.version()).toBe('bad');
  });
});

describe('starting', () => {
  it('brings up what was stopped, and leaves alone what runs', async () => {
    await manage('stop');
    expect(await manage('start', { maxErrors: '0' })).toMatchObject({
      changed: true,
      services: [{ state: 'active' }, { state: 'active' }],
      health: { status: 200, version: 'bad' },
      errorsInLogs: 0,
    });
    const pid = await at.mainPid();
    expect(await manage('start')).toMatchObject({ changed: false, health: { status: 200 } });
    expect(await at.mainPid()).toBe(pid);
  });

  it('brings up a proxy that is down, and a service that systemd gave up on', async () => {
    const good = at.read();
    at.put('MODE=none\n');
    await at.host.systemctl('restart', 'web');
    await expect
      .poll(async () => (await at.host.systemctl('is-active', 'web')).stdout.trim(), { timeout: 10_000 })
      .toBe('failed');
    await at.host.systemctl('stop', 'proxy');
    at.put(good);
    expect(await manage('start')).toMatchObject({ changed: true, services: [{ state: 'active' }, { state: 'active' }] });
  });

  it('reports what does not come up, and where the host stands', async () => {
    await manage('stop');
    at.put('MODE=none\n');
    expect(await refused('start', { settleSeconds: '2' })).toMatchObject({
      error: 'service-failed',
      changed: true,
      services: [{ name: 'web' }, { name: 'proxy', state: 'active' }],
    });
    expect(await refused('start', { applicationServices: 'nothing' })).toMatchObject({ error: 'service-failed' });
  });

  it('reports what comes up and is not well', async () => {
    await manage('stop');
    const failure = await refused('start', { expectedVersion: 'other', healthAttemptSeconds: '1' });
    expect(failure).toMatchObject({ error: 'health-failed', health: { status: 200, version: 'bad' } });
  });

  it.each(['stop', 'restart', 'reload'])('that was killed at its %s is finished by the next run', async (verb) => {
    await manage('stop');
    at.host.killAt(`systemctl ${verb}*`);
    expect(await at.host.run('manage-services', values({ operation: 'start' }))).toMatchObject({ code: 137 });
    expect(await manage('start')).toMatchObject({ health: { status: 200 } });
  });
});

const there = () => ({ directory: at.values.directory, configurationFile: at.file });

describe('a backup of the configuration', () => {
  it('is dated, for its owner only, and made once', async () => {
    const before = at.read();
    const first = await at.host.result('back-up-configuration', { ...there(), rollbackId: 'release-7' });
    expect(first.configuration).toEqual({
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      backup: expect.stringMatching(/\/configuration\/\d{8}T\d{6}Z-release-7\.env$/),
    });
    expect([at.read(first.configuration.backup), at.mode(first.configuration.backup)]).toEqual([before, '600']);
    at.put('CHANGED=yes\n');
    expect(await at.host.result('back-up-configuration', { ...there(), rollbackId: 'release-7' })).toEqual(first);
    expect([at.kept().length, at.leftovers()]).toEqual([1, []]);
  });

  it.each(['before', 'after'] as const)('is whole or not there when its making is killed %s the end', async (moment) => {
    at.host.killAt('mv -fT -- */configuration/*', moment);
    expect(await at.host.run('back-up-configuration', there())).toMatchObject({ code: 137 });
    expect(at.kept()).toHaveLength(moment === 'after' ? 1 : 0);
    const { configuration } = await at.host.result('back-up-configuration', there());
    expect(at.read(configuration.backup)).toBe(at.read());
    expect([at.kept().length, at.leftovers()]).toEqual([1, []]);
  });

  it('is the one that a restore goes back to', async () => {
    const before = at.read();
    await at.host.result('back-up-configuration', { ...there(), rollbackId: 'release-7' });
    at.put('MODE=worse\n');
    await at.restore({ configurationFrom: 'backup:release-7' });
    expect(at.read()).toBe(before);
  });

  it('can be made while another document makes one', async () => {
    const made = await Promise.all([
      at.host.result('back-up-configuration', { ...there(), rollbackId: 'release-7' }),
      at.host.result('capture-host', there()),
    ]);
    expect(made.map(({ configuration }) => at.read(configuration?.backup ?? ''))).toEqual([at.read(), at.read()]);
  });

  it.each<[string, string, () => void]>([
    ['that is not there', 'configuration-missing', () => {}],
    ['that is empty', 'configuration-missing', () => writeFileSync(at.file, '')],
    ['that is a folder', 'configuration-not-a-file', () => mkdirSync(at.file)],
    ['that is a link', 'configuration-not-a-file', () => symlinkSync('/etc/hostname', at.file)],
  ])('of a file %s is refused', async (_, error, make) => {
    rmSync(at.file);
    make();
    expect(await at.host.failure('back-up-configuration', there())).toMatchObject({ error });
    rmSync(join(at.values.directory, '../.env'), { recursive: true, force: true });
  });
});
