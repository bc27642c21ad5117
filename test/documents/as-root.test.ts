import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { twoReleases } from './deployment.ts';
import { npmFiles } from './packages.ts';
import { type TestRepository, testRepository } from './repository.ts';

const isRoot = process.getuid?.() === 0;

let at: Awaited<ReturnType<typeof twoReleases>>;
beforeEach(async () => {
  at = await twoReleases();
});
afterEach(() => at.host.stop());

describe.skipIf(!isRoot)('a repository of another user', () => {
  const owner = 'nobody';
  const give = (path: string) => execFileSync('chown', ['-R', `${owner}:`, path]);
  const foreign = (folder: string) => execFileSync('find', [folder, '!', '-user', owner], { encoding: 'utf8' }).trim();

  it('is switched without leaving a file of root', async () => {
    at.repository.write('settings.txt', 'edited\n');
    at.repository.write('old.txt', 'in the way\n');
    const commit = at.repository.release(npmFiles('', 'first'));
    give(at.repository.directory);
    give(at.repository.origin);
    const npm = { installKind: 'npm', user: owner, commit };
    expect(await at.host.result('prepare-code', { directory: at.values.directory, ...npm })).toMatchObject({
      fetched: true,
      environment: 'built',
    });
    await at.host.result('check-out-code', { ...at.values, ...npm });
    await at.host.result('check-out-code', { ...at.values, user: owner, commit: at.good, fence: '8', rollbackId: 'rollback-2' });
    expect(foreign(at.repository.directory)).toBe('');
    expect(foreign(join(at.host.state, 'environments'))).toBe('');
    expect(foreign(join(at.host.state, 'saved/rollback-2'))).toBe('');
    expect(statSync(join(at.repository.directory, 'server.mjs')).mode & 0o777).toBe(0o644);
    expect(await at.version()).toBe('1.0.0');
  });

  it('is refused when the manifest names somebody else', async () => {
    give(at.repository.directory);
    const failure = await at.host.failure('check-out-code', { ...at.values, commit: at.good, user: 'root' });
    expect(failure).toMatchObject({ error: 'wrong-owner' });
    expect(await at.host.failure('inspect-host', { directory: at.values.directory, user: 'root' })).toMatchObject({
      error: 'wrong-owner',
    });
  });
});

describe.skipIf(!isRoot)('a full disk', () => {
  let disk: string;
  let repository: TestRepository;
  beforeEach(() => {
    disk = join(at.host.root, 'small');
    mkdirSync(disk);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    rmSync(join(at.host.root, 'srv'), { recursive: true });
    rmSync(join(at.host.root, 'home/developer'), { recursive: true });
    repository = testRepository(at.host.root, join(disk, 'app'));
  });
  afterEach(() => execFileSync('/bin/umount', [disk]));

  const fill = () => {
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${disk}/ballast`, 'bs=4096'], { stdio: 'ignore' });
    } catch {
      // It ends because the disk is full.
    }
  };

  it('in the middle of a checkout puts everything back', async () => {
    const large = Array.from({ length: 40_000 }, (_, line) => `${line}\n`).join('');
    const target = repository.release({ 'a.txt': 'older\n', 'b/large.txt': large, 'c.txt': 'older\n' });
    const running = repository.release({ 'a.txt': 'newer\n', 'b/large.txt': null, 'c.txt': 'newer\n' });
    repository.deploy(running);
    repository.write('c.txt', 'edited on the host\n');
    repository.write('b/small.txt', 'untracked\n');
    writeFileSync(join(disk, 'reserve'), Buffer.alloc(100_000));
    fill();
    rmSync(join(disk, 'reserve'));
    const failure = await at.host.failure('check-out-code', { ...at.values, directory: repository.directory, commit: target });
    expect(failure).toMatchObject({ error: 'disk-full', restored: true });
    expect(repository.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(repository.git('rev-parse', 'HEAD')).toBe(running);
    expect(repository.read('a.txt')).toBe('newer\n');
    expect(repository.read('c.txt')).toBe('edited on the host\n');
    expect(repository.git('status', '--porcelain')).toBe(' M c.txt\n?? b/');
    expect(existsSync(join(at.host.state, 'pending'))).toBe(false);
    rmSync(join(disk, 'ballast'));
    const result = await at.host.result('check-out-code', { ...at.values, directory: repository.directory, commit: target });
    expect(result).toMatchObject({ changed: true, savedRef: 'refs/rollback/rollback-1' });
    expect(repository.read('b/large.txt')).toBe(large);
  });

  it('is noticed before anything is prepared', async () => {
    const running = repository.release({ 'a.txt': 'older\n' });
    repository.deploy(running);
    const failure = await at.host.failure('prepare-code', { directory: repository.directory, commit: running });
    expect(failure).toMatchObject({ error: 'disk-full' });
  });

  it('of the state is told and leaves the code alone', async () => {
    const stateDirectory = join(disk, 'state');
    await at.host.result('capture-host', { directory: at.values.directory, stateDirectory });
    fill();
    const failure = await at.host.failure('check-out-code', { ...at.values, commit: at.good, stateDirectory });
    expect(failure).toMatchObject({ error: 'disk-full' });
    expect(at.repository.git('rev-parse', 'HEAD')).toBe(at.bad);
    expect(readFileSync(join(stateDirectory, 'sample/fence'), 'utf8')).toBe('7\n');
  });
});
