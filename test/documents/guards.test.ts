import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentContent } from '../../lib/documents/content.ts';
import { HOST_DOCUMENTS } from '../../lib/documents/definitions.ts';
import { twoReleases } from './deployment.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
});
afterEach(() => at.host.stop());

const there = () => ({ directory: at.repository.directory });

describe('the fencing token', () => {
  it('is refused once a higher one was seen, by every document that changes something', async () => {
    await at.host.result('capture-host', { ...there(), fence: '12' });
    expect(await at.host.failure('capture-host', { ...there(), fence: '9' })).toMatchObject({ error: 'stale-fence' });
    expect(await at.host.failure('prepare-code', { ...there(), commit: at.good, fence: '011' })).toMatchObject({
      error: 'stale-fence',
    });
    expect(await at.host.failure('check-out-code', { ...at.values, commit: at.good, fence: '11' })).toMatchObject({
      error: 'stale-fence',
    });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.bad);
    expect(await at.host.result('capture-host', { ...there(), fence: '12' })).toMatchObject({ ok: true });
  });

  it('is shown by inspect-host, which refuses an old one and needs none', async () => {
    await at.host.result('capture-host', { ...there(), fence: '12' });
    expect(await at.host.result('inspect-host', { ...there(), fence: '' })).toMatchObject({ fence: 12 });
    expect(await at.host.failure('inspect-host', { ...there(), fence: '3' })).toMatchObject({ error: 'stale-fence' });
    expect(readFileSync(join(at.host.state, 'fence'), 'utf8')).toBe('12\n');
  });

  it('that cannot be read stops everything', async () => {
    mkdirSync(at.host.state, { recursive: true });
    writeFileSync(join(at.host.state, 'fence'), 'seven\n');
    expect(await at.host.failure('capture-host', there())).toMatchObject({ error: 'state-damaged' });
  });
});

describe('two at once', () => {
  it('wait for one another', async () => {
    const both = await Promise.all([
      at.host.result('check-out-code', { ...at.values, commit: at.good }),
      at.host.result('check-out-code', { ...at.values, commit: at.good }),
    ]);
    expect(both.map(({ changed }) => changed).toSorted()).toEqual([false, true]);
    expect(await at.version()).toBe('1.0.0');
  });

  it('give up after a while with a clear error', async () => {
    const slow = at.repository.release({ 'install.sh': '#!/bin/sh\ntouch started\nsleep 4\n', '.gitignore': 'started\n' });
    at.repository.git('fetch', '--quiet');
    const first = at.host.result('check-out-code', {
      ...at.values,
      commit: slow,
      installKind: 'script',
      installScript: 'install.sh',
    });
    await expect.poll(() => at.repository.git('ls-files', '--others'), { timeout: 10_000 }).toContain('started');
    expect(await at.host.failure('capture-host', { ...there(), lockSeconds: '1' })).toMatchObject({ error: 'locked' });
    await first;
    expect(await at.host.result('capture-host', { ...there(), lockSeconds: '0' })).toMatchObject({ ok: true });
  });

  it('let what works off to the side run beside another one, but not beside itself', async () => {
    const slow = at.repository.release({
      'package.json': '{ "name": "slow", "version": "1.0.0", "scripts": { "preinstall": "sleep 4" } }\n',
      'package-lock.json':
        '{ "name": "slow", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "version": "1.0.0" } } }\n',
    });
    const values = { ...there(), commit: slow, installKind: 'npm' } as const;
    const preparing = at.host.result('prepare-code', values);
    await expect.poll(() => existsSync(join(at.host.state, 'environments', slow)), { timeout: 10_000 }).toBe(true);
    expect(await at.host.result('capture-host', { ...there(), lockSeconds: '0' })).toMatchObject({ ok: true });
    for (const document of ['prepare-code', 'check-out-code'] as const) {
      const given = document === 'check-out-code' ? { ...at.values, ...values } : values;
      expect(await at.host.failure(document, { ...given, lockSeconds: '0' })).toMatchObject({ error: 'locked' });
    }
    expect(await preparing).toMatchObject({ ok: true, environment: 'built' });
  });
});

describe('the environment of the script', () => {
  const runBare = (variables: Readonly<Record<string, string>>) => {
    const script = documentContent(HOST_DOCUMENTS['inspect-host']).mainSteps[0].inputs.runCommand.join('\n');
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script], {
      env: { PATH: process.env.PATH, ...variables },
      encoding: 'utf8',
    });
    return { status, answer: JSON.parse(stdout) as unknown };
  };

  it('without parameters means that the agent is too old', () => {
    expect(runBare({})).toMatchObject({ status: 1, answer: { document: 'inspect-host', ok: false, error: 'agent-too-old' } });
  });

  it('with a line break in a parameter is refused whatever the pattern let through', () => {
    expect(runBare({ SSM_rollbackId: 'x\ny' })).toMatchObject({ status: 1, answer: { error: 'invalid-parameter' } });
  });

  it('without bash is told in the same words', () => {
    const script = documentContent(HOST_DOCUMENTS['inspect-host']).mainSteps[0].inputs.runCommand.join('\n');
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script], { env: { PATH: '/nowhere' }, encoding: 'utf8' });
    expect({ status, answer: JSON.parse(stdout) }).toMatchObject({ status: 1, answer: { error: 'bash-missing' } });
  });
});
