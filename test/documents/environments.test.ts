import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Deployment, deployment } from './deployment.ts';
import { NPM_SERVER, npmFiles, PYTHON_SERVER, pythonAvailable, wheel } from './packages.ts';

let at: Deployment;
afterEach(() => at.host.stop());

const inCode = (path: string) => join(at.repository.directory, path);
const linked = (path: string) => readlinkSync(inCode(path));
const isFolder = (path: string) => lstatSync(inCode(path)).isDirectory();

/** Every file below a folder: inode, time and content. */
function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, statSync(path).ino, statSync(path).mtimeMs, readFileSync(path, 'hex')].join(' '))
    .toSorted();
}

describe('an npm environment', () => {
  const npm = { installKind: 'npm', npmDirectory: 'backend' };
  const modules = 'backend/node_modules';

  const kept = (commit: string, number = 1) =>
    join(at.host.state, 'environments', commit, String(number), 'source/backend/node_modules');

  function npmCi(): void {
    execFileSync('npm', ['ci', '--offline', '--no-audit', '--no-fund'], { cwd: inCode('backend'), stdio: 'ignore' });
  }

  /** What people do: check out, install, restart. */
  async function deployByHand(commit: string): Promise<void> {
    at.repository.git('checkout', '--quiet', '--force', commit);
    npmCi();
    await at.host.systemctl('restart', 'web');
    await expect.poll(() => at.version().catch(() => '')).not.toBe('');
  }

  /** The older release needs `first`, the newer one `second`, installed in place. */
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
    npmCi();
    await at.start(newer);
    expect(await at.version()).toBe('second');
    return { older, newer };
  }

  const prepare = async (commit: string) =>
    (await at.host.result('prepare-code', { directory: at.repository.directory, ...npm, commit })).environment;
  const go = (commit: string, more: object = {}) => at.host.result('check-out-code', { ...at.values, ...npm, commit, ...more });
  const undo = (commit: string, rollbackId = 'rollback-1') => go(commit, { rollbackId, restoreSavedFrom: rollbackId });

  it('is switched with the code; the folder that was there is the way back, and comes back as a folder', async () => {
    const { older, newer } = await deployed();
    const before = snapshot(inCode(modules));
    await prepare(older);
    expect(snapshot(inCode(modules))).toEqual(before);
    expect(await at.version()).toBe('second');
    expect(await go(older)).toMatchObject({ changed: true, savedCount: 0 });
    expect(await at.version()).toBe('first');
    expect(linked(modules)).toBe(kept(older));
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(await go(older)).toMatchObject({ changed: false });
    expect(await go(newer)).toMatchObject({ changed: true });
    expect(await at.version()).toBe('second');
    expect(isFolder(modules)).toBe(true);
    expect(await go(newer)).toMatchObject({ changed: false });
    expect(await prepare(newer)).toBe('present');
  });

  it('that a deployment by hand emptied is built anew, and the undo brings the hand-made one back', async () => {
    const { older, newer } = await deployed();
    await prepare(older);
    await go(older);
    await deployByHand(newer);
    expect(await at.version()).toBe('second');
    expect(readdirSync(kept(older))).toEqual([]);
    const running = snapshot(inCode(modules));
    const folder = statSync(inCode(modules)).ino;

    expect(await prepare(older)).toBe('built');
    expect(snapshot(inCode(modules))).toEqual(running);
    expect(await go(older, { rollbackId: 'rollback-2' })).toMatchObject({ changed: true });
    expect(await at.version()).toBe('first');
    expect(await undo(newer, 'rollback-2')).toMatchObject({ changed: true });
    expect(await at.version()).toBe('second');
    expect(statSync(inCode(modules)).ino).toBe(folder);
    expect(await undo(newer, 'rollback-2')).toMatchObject({ changed: false });
  });

  it('that runs is never mended, however damaged: there is a new one beside it, and an undo returns to the very same', async () => {
    const { older, newer } = await deployed();
    await prepare(older);
    await go(older);
    // As a tool that does not replace the link would do it.
    at.repository.git('checkout', '--quiet', '--force', newer);
    rmSync(join(kept(older), 'first'));
    mkdirSync(join(kept(older), 'second'));
    writeFileSync(join(kept(older), 'second/index.js'), "module.exports = 'second';\n");
    await at.host.systemctl('restart', 'web');
    await expect.poll(() => at.version().catch(() => '')).toBe('second');
    const running = snapshot(kept(older));

    expect(await prepare(older)).toBe('built');
    expect(snapshot(kept(older))).toEqual(running);
    await go(older, { rollbackId: 'rollback-2' });
    expect(await at.version()).toBe('first');
    expect(linked(modules)).toBe(kept(older, 2));
    await undo(newer, 'rollback-2');
    expect(await at.version()).toBe('second');
    expect(linked(modules)).toBe(kept(older));
    expect(snapshot(kept(older))).toEqual(running);
    expect(await prepare(older)).toBe('present');
  });

  it.each([
    ['a package that is gone', (folder: string) => rmSync(join(folder, 'first'))],
    ['a package that came', (folder: string) => mkdirSync(join(folder, 'third'))],
    ['a lock file that differs', (folder: string) => writeFileSync(join(folder, '.package-lock.json'), '{}')],
  ])('that is not in use is built anew for %s; a cache in it does not matter', async (_, damage) => {
    const { older } = await deployed();
    expect(await prepare(older)).toBe('built');
    mkdirSync(join(kept(older), '.cache'));
    expect(await prepare(older)).toBe('present');
    damage(kept(older));
    expect(await at.host.failure('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({
      error: 'environment-missing',
    });
    expect(await prepare(older)).toBe('built');
    await go(older);
    expect(await at.version()).toBe('first');
  });

  it('is the one that was built for the commit rather than one that was found, but for an undo', async () => {
    const { older, newer } = await deployed();
    expect(await prepare(newer)).toBe('built');
    await prepare(older);
    await go(older);
    await go(newer, { rollbackId: 'rollback-2' });
    expect(linked(modules)).toBe(kept(newer));
    expect(await at.version()).toBe('second');
    await undo(older, 'rollback-2');
    await undo(newer);
    expect(isFolder(modules)).toBe(true);
    expect(await at.version()).toBe('second');
  });

  it('stays as it is in an undo of a rollback that did not come to it', async () => {
    const { older, newer } = await deployed();
    await prepare(older);
    at.host.killAt('git*checkout --quiet --force*', 'after');
    expect(await at.host.run('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({ code: 137 });
    expect(await undo(newer)).toMatchObject({ changed: true, commit: newer });
    expect(isFolder(modules)).toBe(true);
    expect(await undo(newer)).toMatchObject({ changed: false });
    expect(await at.version()).toBe('second');
  });

  it('goes back to a link of the people’s own, and to nothing where nothing was', async () => {
    const { older, newer } = await deployed();
    execFileSync('mv', ['node_modules', 'modules of ours'], { cwd: inCode('backend') });
    execFileSync('ln', ['-s', 'modules of ours', 'node_modules'], { cwd: inCode('backend') });
    await prepare(older);
    await go(older);
    expect(linked(modules)).toBe(kept(older));
    await undo(newer);
    expect(linked(modules)).toBe('modules of ours');
    expect(await at.version()).toBe('second');

    rmSync(inCode(modules));
    await go(older, { rollbackId: 'rollback-2' });
    expect(await at.version()).toBe('first');
    await undo(newer, 'rollback-2');
    expect(existsSync(inCode(modules))).toBe(false);
  });

  const POINTS = [
    ['mv -fT -- */replaced/rollback-1.new-check-out-code *', 'before'],
    ['mv -fT -- */replaced/rollback-1.new-check-out-code *', 'after'],
    ['mv -T -- */backend/node_modules */node_modules', 'before'],
    ['mv -T -- */backend/node_modules */node_modules', 'after'],
    ['ln -sfnT*', 'after'],
    ['mv -fT -- */node_modules.switching *', 'after'],
  ] as const;

  it.each(POINTS)('killed at %s (%s) is right after the next run, both ways', async (pattern, moment) => {
    const { older, newer } = await deployed();
    const before = statSync(inCode(modules)).ino;
    await prepare(older);
    at.host.killAt(pattern, moment);
    expect(await at.host.run('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({ code: 137 });
    expect(await go(older)).toMatchObject({ changed: true, previousCommit: newer });
    expect(await at.version()).toBe('first');
    await undo(newer);
    expect(await at.version()).toBe('second');
    expect(statSync(inCode(modules)).ino).toBe(before);
    expect(at.repository.git('status', '--porcelain')).toBe('');
  });

  it.each(POINTS)('killed at %s (%s) can be undone instead', async (pattern, moment) => {
    const { older, newer } = await deployed();
    const before = statSync(inCode(modules)).ino;
    await prepare(older);
    at.host.killAt(pattern, moment);
    expect(await at.host.run('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({ code: 137 });
    await undo(newer);
    expect(await at.version()).toBe('second');
    expect(statSync(inCode(modules)).ino).toBe(before);
  });

  it.each([
    ['rm -f -- */backend/node_modules', 'after'],
    ['mv -T -- */node_modules */backend/node_modules', 'after'],
    ['systemctl restart*', 'before'],
  ] as const)('killed in its undo at %s (%s) is right after the next run', async (pattern, moment) => {
    const { older, newer } = await deployed();
    const before = statSync(inCode(modules)).ino;
    await prepare(older);
    await go(older);
    at.host.killAt(pattern, moment);
    const back = { ...at.values, ...npm, commit: newer, restoreSavedFrom: 'rollback-1' };
    expect(await at.host.run('check-out-code', back)).toMatchObject({ code: 137 });
    expect(await undo(newer)).toMatchObject({ changed: true });
    expect(await at.version()).toBe('second');
    expect(statSync(inCode(modules)).ino).toBe(before);
  });

  it('comes back when the switch fails', async () => {
    const { older, newer } = await deployed();
    const before = statSync(inCode(modules)).ino;
    await prepare(older);
    mkdirSync(inCode('backend/node_modules.switching'));
    expect(await at.host.failure('check-out-code', { ...at.values, ...npm, commit: older })).toMatchObject({
      error: 'environment-failed',
      restored: true,
    });
    expect(statSync(inCode(modules)).ino).toBe(before);
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(newer);
  });

  it.skipIf(process.getuid?.() !== 0)('moves between file systems, killed or not', async () => {
    const { older, newer } = await deployed();
    const state = join(at.host.root, 'disk');
    mkdirSync(state);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', state]);
    try {
      const there = { stateDirectory: state };
      await at.host.result('prepare-code', { directory: at.repository.directory, ...npm, commit: older, ...there });
      at.host.killAt('mv -T -- */node_modules */node_modules.leaving', 'after');
      expect(await at.host.run('check-out-code', { ...at.values, ...npm, commit: older, ...there })).toMatchObject({ code: 137 });
      await go(older, there);
      expect(await at.version()).toBe('first');
      expect(readdirSync(inCode('backend')).filter((name) => name.startsWith('node_modules'))).toEqual(['node_modules']);
      await go(newer, { ...there, restoreSavedFrom: 'rollback-1' });
      expect(isFolder(modules)).toBe(true);
      expect(await at.version()).toBe('second');
    } finally {
      execFileSync('/bin/umount', [state]);
    }
  });
});

describe.skipIf(!pythonAvailable())('a python environment', () => {
  const python = { installKind: 'python', requirements: 'backend/requirements.txt', venv: 'backend/venv' };
  const requirements = (...names: string[]) => ['--no-index', '--find-links wheels', ...names, ''].join('\n');
  const kept = (commit: string, number = 1) => join(at.host.state, 'environments', commit, String(number), 'venv');

  function pip(): void {
    execFileSync(inCode('backend/venv/bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'], {
      cwd: inCode('backend'),
    });
  }

  it('of an older release does not see what a newer one installed, in place or through the link', async () => {
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
    const prepare = (commit: string) => ({ directory: at.repository.directory, ...python, commit });
    const go = (commit: string, more: object = {}) =>
      at.host.result('check-out-code', { ...at.values, ...python, commit, ...more });
    at.repository.deploy(newer);
    execFileSync('python3', ['-m', 'venv', 'venv'], { cwd: inCode('backend') });
    pip();
    await at.start(newer);
    expect(await at.version()).toBe('old+newer');

    const broken = at.repository.release({ 'backend/base.txt': requirements('does-not-exist==1.0') });
    expect(await at.host.failure('prepare-code', prepare(broken))).toMatchObject({
      error: 'install-failed',
      detail: expect.stringContaining('does-not-exist'),
    });
    expect(isFolder('backend/venv')).toBe(true);
    expect(await at.version()).toBe('old+newer');

    expect(await at.host.result('prepare-code', prepare(older))).toMatchObject({ environment: 'built' });
    expect(await go(older)).toMatchObject({ changed: true });
    expect(await at.version()).toBe('old');
    expect(await at.host.result('prepare-code', prepare(older))).toMatchObject({ environment: 'present' });

    at.repository.git('checkout', '--quiet', '--force', newer);
    pip();
    await at.host.systemctl('restart', 'web');
    await expect.poll(() => at.version().catch(() => ''), { timeout: 10_000 }).toBe('old+newer');
    expect(linked('backend/venv')).toBe(kept(older));
    const running = snapshot(kept(older));
    expect(await at.host.result('prepare-code', prepare(older))).toMatchObject({ environment: 'built' });
    expect(snapshot(kept(older))).toEqual(running);
    await go(older, { rollbackId: 'rollback-2' });
    expect(linked('backend/venv')).toBe(kept(older, 2));
    expect(await at.version()).toBe('old');
    await go(newer, { rollbackId: 'rollback-2', restoreSavedFrom: 'rollback-2' });
    expect(linked('backend/venv')).toBe(kept(older));
    expect(await at.version()).toBe('old+newer');

    // The folder that was found at first, as it was then.
    expect(await go(newer, { rollbackId: 'rollback-3', restoreSavedFrom: 'rollback-1' })).toMatchObject({ changed: true });
    expect(isFolder('backend/venv')).toBe(true);
    expect(await at.version()).toBe('old+newer');
    // Many environments are built: much longer than anything else on a busy machine.
  }, 240_000);
});
