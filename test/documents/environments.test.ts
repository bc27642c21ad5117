import { execFileSync } from 'node:child_process';
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Deployment, deployment } from './deployment.ts';
import { NPM_SERVER, npmFiles, PYTHON_SERVER, pythonAvailable, wheel } from './packages.ts';

let at: Deployment;
afterEach(() => at.host.stop());

const linked = (path: string) => readlinkSync(join(at.repository.directory, path));

describe('an npm environment', () => {
  const npm = { installKind: 'npm', npmDirectory: 'backend' };

  /** The older release needs `first`, the newer one `second`; on the host lies what an npm ci in place left of both. */
  async function deployed() {
    at = await deployment(`${process.execPath} /var/www/sample/backend/server.mjs`);
    const ignored = { '.gitignore': 'node_modules/\n', 'backend/server.mjs': NPM_SERVER };
    const older = at.repository.release({ ...ignored, ...npmFiles('backend/', 'first') });
    const newer = at.repository.release({
      ...npmFiles('backend/', 'second'),
      'backend/packages/first/index.js': null,
      'backend/packages/first/package.json': null,
    });
    at.repository.deploy(newer);
    execFileSync('npm', ['ci', '--offline', '--no-audit', '--no-fund'], {
      cwd: join(at.repository.directory, 'backend'),
      stdio: 'ignore',
    });
    await at.start(newer);
    expect(await at.version()).toBe('second');
    return { older, newer };
  }

  const go = (commit: string, more: object = {}) => at.host.result('check-out-code', { ...at.values, ...npm, commit, ...more });

  it('is switched with the code; the folder that was there is the way back', async () => {
    const { older, newer } = await deployed();
    await at.host.result('prepare-code', { directory: at.repository.directory, ...npm, commit: older });
    expect(await at.version()).toBe('second');
    expect(await go(older)).toMatchObject({ changed: true, savedCount: 0 });
    expect(await at.version()).toBe('first');
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(await go(older)).toMatchObject({ changed: false });
    expect(await go(newer)).toMatchObject({ changed: true });
    expect(await at.version()).toBe('second');
    expect(linked('backend/node_modules')).toBe(join(at.host.state, 'environments', newer, 'source/backend/node_modules'));
  });

  it.each([
    ['mv -T -- */backend/node_modules */node_modules', 'before'],
    ['mv -T -- */backend/node_modules */node_modules', 'after'],
    ['mv -T -- *.adopting *', 'after'],
    ['ln -sfnT*', 'after'],
    ['mv -fT -- */node_modules.switching *', 'after'],
  ] as const)('killed at %s (%s) is right after the next run, both ways', async (pattern, moment) => {
    const { older, newer } = await deployed();
    await at.host.result('prepare-code', { directory: at.repository.directory, ...npm, commit: older });
    at.host.killAt(pattern, moment);
    expect(await at.host.run('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({ code: 137 });
    expect(await go(older)).toMatchObject({ changed: true, previousCommit: newer });
    expect(await at.version()).toBe('first');
    await go(newer);
    expect(await at.version()).toBe('second');
    expect(at.repository.git('status', '--porcelain')).toBe('');
  });
});

describe.skipIf(!pythonAvailable())('a python environment', () => {
  const python = { installKind: 'python', requirements: 'backend/requirements.txt', venv: 'backend/venv' };
  const requirements = (...names: string[]) => ['--no-index', '--find-links wheels', ...names, ''].join('\n');

  it('of an older release does not see what a newer one installed, and a failed installation touches nothing', async () => {
    at = await deployment('/var/www/sample/backend/venv/bin/python /var/www/sample/backend/server.py');
    const older = at.repository.release({
      '.gitignore': 'venv/\n',
      'backend/server.py': PYTHON_SERVER,
      'backend/requirements.txt': '-r base.txt\n',
      'backend/base.txt': requirements('old==1.0'),
      'backend/wheels/old-1.0-py3-none-any.whl': wheel('old', '1.0'),
    });
    const newer = at.repository.release({
      'backend/base.txt': requirements('old==1.0', 'newer==1.0'),
      'backend/wheels/newer-1.0-py3-none-any.whl': wheel('newer', '1.0'),
    });
    at.repository.deploy(newer);
    const backend = join(at.repository.directory, 'backend');
    execFileSync('python3', ['-m', 'venv', 'venv'], { cwd: backend });
    execFileSync(join(backend, 'venv/bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'], {
      cwd: backend,
    });
    await at.start(newer);
    expect(await at.version()).toBe('old+newer');

    const broken = at.repository.release({ 'backend/base.txt': requirements('does-not-exist==1.0') });
    const failure = await at.host.failure('prepare-code', { directory: at.repository.directory, ...python, commit: broken });
    expect(failure).toMatchObject({ error: 'install-failed', detail: expect.stringContaining('does-not-exist') });
    expect(lstatSync(join(backend, 'venv')).isDirectory()).toBe(true);
    expect(await at.version()).toBe('old+newer');

    expect(await at.host.result('prepare-code', { directory: at.repository.directory, ...python, commit: older })).toMatchObject({
      environment: 'built',
    });
    expect(await at.host.result('check-out-code', { ...at.values, ...python, commit: older })).toMatchObject({ changed: true });
    expect(await at.version()).toBe('old');

    expect(await at.host.result('check-out-code', { ...at.values, ...python, commit: newer })).toMatchObject({ changed: true });
    expect(await at.version()).toBe('old+newer');
    expect(linked('backend/venv')).toBe(join(at.host.state, 'environments', newer, 'venv'));
    // Three environments are built: much longer than anything else on a busy machine.
  }, 240_000);
});
