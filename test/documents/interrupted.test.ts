import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
  at.repository.write('settings.txt', 'edited on the host\n');
  at.repository.write('old.txt', 'in the way\n');
});
afterEach(() => at.host.stop());

const roll = (more: object = {}) => at.host.result('check-out-code', { ...at.values, commit: at.good, ...more });

async function killed(commit: string): Promise<void> {
  const run = await at.host.run('check-out-code', { ...at.values, commit });
  expect(run).toMatchObject({ code: 137, stdout: '' });
}

/** A filter of git's that kills the process group when it comes to a file: the real middle of a checkout. */
function killWhileWriting(file: string): void {
  const filter = join(at.host.root, 'filter.sh');
  const flag = join(at.host.root, 'filter-armed');
  writeFileSync(flag, '');
  writeFileSync(filter, `#!/bin/bash\nif [[ -e ${flag} ]]; then rm ${flag}; kill -KILL 0; fi\nexec cat\n`, { mode: 0o755 });
  at.repository.git('config', 'filter.killer.smudge', filter);
  at.repository.write('.git/info/attributes', `${file} filter=killer\n`);
}

async function expectTheRightEnd(): Promise<void> {
  expect(await at.version()).toBe('1.0.0');
  expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.good);
  expect(at.repository.git('status', '--porcelain')).toBe('');
  expect(at.repository.git('show', 'refs/rollback/rollback-1:settings.txt')).toBe('edited on the host');
  expect(at.repository.git('for-each-ref', '--format=%(refname)', 'refs/rollback')).toBe('refs/rollback/rollback-1');
  expect(readFileSync(join(at.host.state, 'saved/rollback-1/old.txt'), 'utf8')).toBe('in the way\n');
  expect(existsSync(join(at.host.state, 'pending'))).toBe(false);
  expect(readdirSync(join(at.repository.directory, '.git')).filter((name) => name.endsWith('.lock'))).toEqual([]);
}

const POINTS: readonly [string, 'before' | 'after'][] = [
  ['git*stash create*', 'after'],
  ['git*update-ref*', 'before'],
  ['git*update-ref*', 'after'],
  ['mv --backup=numbered*', 'before'],
  ['mv --backup=numbered*', 'after'],
  ['git*checkout --quiet --force*', 'before'],
  ['git*checkout --quiet --force*', 'after'],
  ['mv -fT -- */pending.new*', 'before'],
  ['systemctl stop*', 'before'],
  ['systemctl stop*', 'after'],
  ['systemctl restart*', 'before'],
  ['systemctl restart*', 'after'],
  ['systemctl reload*', 'before'],
  ['rm -f -- */pending*', 'after'],
];

describe('a run that is killed', () => {
  it.each(POINTS)('at %s (%s) ends right when it is run again', async (pattern, moment) => {
    at.host.killAt(pattern, moment);
    await killed(at.good);
    const result = await roll();
    expect(result).toMatchObject({
      commit: at.good,
      savedRef: 'refs/rollback/rollback-1',
      savedFiles: ['old.txt'],
      savedCount: 1,
    });
    await expectTheRightEnd();
  });

  it.each(['old.txt', 'settings.txt', 'server.mjs'])('while it writes %s ends right when it is run again', async (file) => {
    killWhileWriting(file);
    await killed(at.good);
    expect(existsSync(join(at.repository.directory, '.git/index.lock'))).toBe(true);
    expect(await roll()).toMatchObject({ changed: true, commit: at.good });
    await expectTheRightEnd();
  });

  it('between checkout and restart is never taken for finished, by another rollback neither', async () => {
    at.host.killAt('systemctl stop*');
    await killed(at.good);
    expect(await at.version()).toBe('1.1.0');
    expect(await roll({ rollbackId: 'rollback-2', fence: '8' })).toMatchObject({ changed: true, previousCommit: at.bad });
    expect(await at.version()).toBe('1.0.0');
  });

  it.each(['old.txt', 'settings.txt'])('while it writes %s can be undone instead', async (file) => {
    killWhileWriting(file);
    await killed(at.good);
    const undone = await roll({ commit: at.bad, restoreSavedFrom: 'rollback-1' });
    expect(undone).toMatchObject({ commit: at.bad, restored: { changes: 'applied', files: 1, filesLeft: 0 } });
    expect(await at.version()).toBe('1.1.0');
    expect(at.repository.read('settings.txt')).toBe('edited on the host\n');
    expect(at.repository.read('old.txt')).toBe('in the way\n');
    expect(at.repository.read('new.txt')).toBe('only in 1.1.0\n');
  });

  it('in the middle of an undo ends right when it is run again', async () => {
    await roll();
    at.host.killAt('git*stash apply*', 'after');
    const undo = { commit: at.bad, restoreSavedFrom: 'rollback-1' };
    expect(await at.host.run('check-out-code', { ...at.values, ...undo })).toMatchObject({ code: 137 });
    expect(await roll(undo)).toMatchObject({ restored: { changes: 'applied', files: 1 } });
    expect(at.repository.git('for-each-ref', '--format=%(refname)', 'refs/rollback')).toBe('refs/rollback/rollback-1');
    expect(at.repository.read('settings.txt')).toBe('edited on the host\n');
    expect(at.repository.read('old.txt')).toBe('in the way\n');
  });
});
