import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
});
afterEach(() => at.host.stop());

const roll = () => at.host.result('check-out-code', { ...at.values, commit: at.good });
const undo = () => at.host.result('check-out-code', { ...at.values, commit: at.bad, restoreSavedFrom: 'rollback-1' });
const saved = (path: string) => join(at.host.state, 'saved/rollback-1', path);

describe('changes of tracked files', () => {
  beforeEach(() => {
    at.repository.write('settings.txt', 'edited on the host\n');
    at.repository.write('staged.txt', 'staged only\n');
    at.repository.git('add', 'staged.txt');
  });

  it('are saved as a commit, staged ones too', async () => {
    expect(await roll()).toMatchObject({ savedRef: 'refs/rollback/rollback-1', changed: true });
    expect(at.repository.read('settings.txt')).toBe('good\n');
    expect(existsSync(join(at.repository.directory, 'staged.txt'))).toBe(false);
    expect(at.repository.git('show', 'refs/rollback/rollback-1:settings.txt')).toBe('edited on the host');
    expect(at.repository.git('show', 'refs/rollback/rollback-1^2:staged.txt')).toBe('staged only');
  });

  it('come back with an undo, which a second run leaves alone', async () => {
    await roll();
    expect(await undo()).toMatchObject({ restored: { changes: 'applied' }, changed: true });
    expect(at.repository.read('settings.txt')).toBe('edited on the host\n');
    expect(at.repository.git('diff', '--cached', '--name-only')).toBe('staged.txt');
    expect(await undo()).toMatchObject({ restored: { changes: 'applied' }, changed: false });
    expect(at.repository.read('settings.txt')).toBe('edited on the host\n');
  });

  it('are reported and left out when they conflict', async () => {
    await roll();
    const other = at.repository.release({ 'settings.txt': 'something else altogether\n' });
    at.repository.git('fetch', '--quiet');
    const result = await at.host.result('check-out-code', { ...at.values, commit: other, restoreSavedFrom: 'rollback-1' });
    expect(result).toMatchObject({ restored: { changes: 'conflict' } });
    expect(at.repository.read('settings.txt')).toBe('something else altogether\n');
    expect(at.repository.git('show', 'refs/rollback/rollback-1:settings.txt')).toBe('edited on the host');
  });

  it('on top of the commit that is wanted are changes all the same', async () => {
    const pid = await at.mainPid();
    const result = await at.host.result('check-out-code', { ...at.values, commit: at.bad });
    expect(result).toMatchObject({ changed: true, savedRef: 'refs/rollback/rollback-1' });
    expect(at.repository.read('settings.txt')).toBe('bad\n');
    expect(await at.mainPid()).not.toBe(pid);
  });

  it('of a second time do not replace those of the first', async () => {
    await roll();
    at.repository.write('settings.txt', 'edited once more\n');
    expect(await roll()).toMatchObject({ savedRef: 'refs/rollback/rollback-1.2' });
    expect(at.repository.git('show', 'refs/rollback/rollback-1:settings.txt')).toBe('edited on the host');
    expect(at.repository.git('show', 'refs/rollback/rollback-1.2:settings.txt')).toBe('edited once more');
  });
});

describe('files that git does not track', () => {
  it('are moved aside only where they are in the way, ignored ones too, and come back with an undo', async () => {
    at.repository.write('.git/info/exclude', 'old.txt\n');
    at.repository.write('old.txt', 'in the way, and ignored\n');
    at.repository.write('uploads/photo.jpg', 'a user sent this\n');
    expect(await roll()).toMatchObject({ savedFiles: ['old.txt'], savedCount: 1, savedRef: null });
    expect(at.repository.read('old.txt')).toBe('only in 1.0.0\n');
    expect(at.repository.read('uploads/photo.jpg')).toBe('a user sent this\n');
    expect(readFileSync(saved('old.txt'), 'utf8')).toBe('in the way, and ignored\n');
    expect(await undo()).toMatchObject({ restored: { changes: 'none', files: 1, filesLeft: 0 } });
    expect(at.repository.read('old.txt')).toBe('in the way, and ignored\n');
  });

  it('are kept when a folder has to become a file or a file a folder', async () => {
    const target = at.repository.release({ 'data/deep/file': 'tracked\n', log: 'a file\n', 'new.txt': 'as it was\n' });
    at.repository.git('fetch', '--quiet');
    at.repository.write('data', 'a file where a folder belongs\n');
    at.repository.write('log/today', 'a folder where a file belongs\n');
    at.repository.write('log/with "quotes"\n and lines', 'a hard name\n');
    const result = await at.host.result('check-out-code', { ...at.values, commit: target });
    expect(result.savedFiles.toSorted()).toEqual(['data', 'log/today', 'log/with "quotes"\n and lines']);
    expect(at.repository.read('data/deep/file')).toBe('tracked\n');
    expect(at.repository.read('log')).toBe('a file\n');
    expect(readFileSync(saved('data'), 'utf8')).toBe('a file where a folder belongs\n');
    expect(readFileSync(saved('log/with "quotes"\n and lines'), 'utf8')).toBe('a hard name\n');
  });

  it('behind a link are not touched', async () => {
    const outside = join(at.host.root, 'home/precious');
    at.repository.write('../../../home/precious/file', 'not ours\n');
    const target = at.repository.release({ 'linked/file': 'tracked\n' });
    at.repository.git('fetch', '--quiet');

    symlinkSync(outside, join(at.repository.directory, 'linked'));
    expect(await at.host.result('check-out-code', { ...at.values, commit: target })).toMatchObject({ savedFiles: ['linked'] });
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('not ours\n');
    expect(at.repository.read('linked/file')).toBe('tracked\n');
  });
});

describe('an unfinished', () => {
  const conflictWith = (command: string) => {
    at.repository.git('checkout', '--quiet', '-b', 'hotfix', at.good);
    at.repository.write('settings.txt', 'hotfix\n');
    at.repository.git('-c', 'user.name=a', '-c', 'user.email=b', 'commit', '--quiet', '-am', 'hotfix');
    expect(() => at.repository.git(command, at.bad)).toThrow();
    expect(at.repository.read('settings.txt')).toContain('<<<<<<<');
  };

  it.each(['merge', 'rebase', 'cherry-pick'])('%s is saved as it stands, then ended', async (command) => {
    conflictWith(command);
    expect(await roll()).toMatchObject({ savedRef: 'refs/rollback/rollback-1', commit: at.good });
    expect(at.repository.git('show', 'refs/rollback/rollback-1:settings.txt')).toContain('<<<<<<<');
    expect(at.repository.git('status')).not.toMatch(/merging|rebas|cherry-pick|unmerged/i);
    expect(at.repository.git('status', '--porcelain')).toBe('');
    expect(at.repository.read('settings.txt')).toBe('good\n');
  });
});
