import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Deployment, deployment } from './deployment.ts';
import { NPM_SERVER, npmFiles } from './packages.ts';
import { server } from './repository.ts';

let at: Deployment;
let running: string;
beforeEach(async () => {
  at = await deployment();
  running = at.repository.release({ 'server.mjs': server('1.0.0') });
  at.repository.deploy(running);
});
afterEach(() => at.host.stop());

const where = () => ({ directory: at.repository.directory });

describe('fetching', () => {
  it('brings a commit that only the remote has', async () => {
    const commit = at.repository.release({ file: '' });
    expect(await at.host.result('prepare-code', { ...where(), commit })).toMatchObject({
      commit,
      fetched: true,
      environment: 'none',
    });
    expect(at.repository.git('cat-file', '-t', commit)).toBe('commit');
    expect(await at.host.result('prepare-code', { ...where(), commit })).toMatchObject({ fetched: false });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(running);
  });

  it('takes everything when the remote gives out no single commits', async () => {
    const commit = at.repository.release({ file: 'first\n' });
    at.repository.release({ file: 'second\n' });
    at.repository.git('config', 'protocol.version', '0');
    expect(await at.host.result('prepare-code', { ...where(), commit })).toMatchObject({ fetched: true });
  });

  it('says that a commit is missing on the remote too', async () => {
    expect(await at.host.failure('prepare-code', { ...where(), commit: 'a'.repeat(40) })).toMatchObject({
      error: 'commit-missing',
    });
  });

  it('says that the remote cannot be read, without its credentials', async () => {
    at.repository.git('remote', 'set-url', 'origin', 'http://me:secret@127.0.0.1:1/x.git');
    const failure = await at.host.failure('prepare-code', { ...where(), commit: 'a'.repeat(40) });
    expect(failure.error).toBe('fetch-failed');
    expect(JSON.stringify(failure)).not.toContain('secret');
  });
});

describe('npm', () => {
  const npm = { installKind: 'npm', npmDirectory: 'backend' };
  const release = (dependency: string) =>
    at.repository.release({ ...npmFiles('backend/', dependency), 'backend/server.mjs': NPM_SERVER });

  it('builds beside and once', async () => {
    const commit = release('first');
    const values = { ...where(), ...npm, commit };
    expect(await at.host.result('prepare-code', values)).toMatchObject({ environment: 'built' });
    expect(existsSync(join(at.repository.directory, 'backend'))).toBe(false);
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(await at.host.result('prepare-code', values)).toMatchObject({ environment: 'present' });
    rmSync(join(at.host.state, 'environments', commit, '1/source/backend/node_modules/.rollback-environment'));
    expect(await at.host.result('prepare-code', values)).toMatchObject({ environment: 'built' });
  });

  it('builds again after it was killed', async () => {
    const values = { ...where(), ...npm, commit: release('first') };
    at.host.killAt('git*checkout-index*', 'after');
    expect(await at.host.run('prepare-code', values)).toMatchObject({ code: 137 });
    expect(await at.host.result('prepare-code', values)).toMatchObject({ environment: 'built' });
  });

  it('reports a failed installation with the end of its output, and leaves nothing behind', async () => {
    const commit = at.repository.release({
      ...npmFiles('backend/', 'first'),
      'backend/package-lock.json': '{"lockfileVersion":3,"packages":{}}',
    });
    const failure = await at.host.failure('prepare-code', { ...where(), ...npm, commit });
    expect(failure.error).toBe('install-failed');
    expect(failure.detail).toContain('npm');
    expect(failure.detail?.length).toBeLessThanOrEqual(800);
    expect(existsSync(join(at.host.state, 'environments', commit))).toBe(false);
  });

  it('refuses a commit without a lock file, or with its packages in git', async () => {
    const bare = at.repository.release({ 'backend/package.json': '{}' });
    expect(await at.host.failure('prepare-code', { ...where(), ...npm, commit: bare })).toMatchObject({
      error: 'lock-file-missing',
    });
    const tracked = at.repository.release({ ...npmFiles('backend/', 'first'), 'backend/node_modules/x/index.js': '' });
    expect(await at.host.failure('prepare-code', { ...where(), ...npm, commit: tracked })).toMatchObject({
      error: 'environment-tracked',
    });
  });
});

describe('what cannot be prepared', () => {
  it.each([
    [{ installKind: 'script', installScript: 'install.sh' }, 'script-missing'],
    [{ installKind: 'python', requirements: 'requirements.txt', venv: 'venv' }, 'requirements-missing'],
    [{ installKind: 'python' }, 'invalid-parameter'],
    [{ installKind: 'script' }, 'invalid-parameter'],
  ])('%o is refused: %s', async (install, error) => {
    expect(await at.host.failure('prepare-code', { ...where(), commit: running, ...install })).toMatchObject({ error });
  });
});
