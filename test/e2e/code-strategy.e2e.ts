import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Install } from '../../lib/contracts.ts';
import { all, defects, type Edit, replace, write } from '../../local/sample/edits.ts';
import { git } from '../../local/sample/git.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { DIRECTORY } from '../../local/sample/manifest.ts';
import { pythonAvailable, wheel } from '../documents/packages.ts';
import { commitsOf, pageOf } from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const isRoot = process.getuid?.() === 0;
const HEALTH = { host: 'http://localhost:8000/api/health', within: '10s' };

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

const only = ({ hosts: [host] }: Stage): SampleHost => {
  if (!host) throw new Error('a stage without a host');
  return host;
};
const text = ({ checkout }: SampleHost, file: string): Promise<string> => readFile(join(checkout, file), 'utf8');
const resultOf = async (stage: Stage, rollbackId: string, action: string) =>
  (await stage.command(rollbackId, action))?.results?.[0]?.result;

const codeWith = (install: Install, user = userInfo().username) => ({
  directory: DIRECTORY,
  user,
  install,
});

describe.concurrent('what was changed by hand on a host', () => {
  it('is saved, named in the log, and there again after an undo', async () => {
    const target = await theatre.addRelease('4.1.0', write('backend/notes.txt', 'of the release\n'), true);
    const stage = await theatre.stage({ hosts: 1, verified: [] });
    await stage.recordTarget(target);
    const host = only(stage);
    await writeFile(join(host.checkout, 'README.md'), 'edited\n');
    await writeFile(join(host.checkout, 'backend/install.sh'), 'staged\n');
    await git(host.checkout, ['add', 'backend/install.sh']);
    await writeFile(join(host.checkout, 'backend/notes.txt'), 'of the host\n');
    await writeFile(join(host.checkout, '.git/index.lock'), '');
    const before = await git(host.checkout, ['--no-optional-locks', 'status', '--porcelain']);

    const rollback = await stage.rollBack();
    const { rollbackId } = rollback;
    expect(rollback).toMatchObject({ status: 'succeeded', to: { version: '4.1.0' } });
    expect(await stage.versions()).toEqual(['4.1.0']);
    expect(await text(host, 'backend/notes.txt')).toBe('of the release\n');
    const savedRef = `refs/rollback/${rollbackId}`;
    expect(await git(host.checkout, ['show', `${savedRef}:README.md`])).toBe('edited');
    expect(await git(host.checkout, ['show', `${savedRef}^2:backend/install.sh`])).toBe('staged');
    const folder = `var/lib/rollback-service/${stage.application}/saved/${rollbackId}`;
    expect(await readFile(join(host.directory, folder, 'backend/notes.txt'), 'utf8')).toBe('of the host\n');
    const applied = (await stage.events(rollbackId)).find(({ phase, type }) => phase === 'apply' && type.endsWith('succeeded'));
    expect(applied?.detail.hosts).toMatchObject([{ host: host.id, result: { savedRef, savedFiles: ['backend/notes.txt'] } }]);

    const { rollbackId: undoId } = await stage.operator.call('POST', `/rollbacks/${rollbackId}/undo`, { reason: 'a test' });
    expect(await stage.ended(undoId)).toMatchObject({ status: 'succeeded', to: { version: '1.2.0' } });
    expect(await stage.versions()).toEqual(['1.2.0']);
    expect(await git(host.checkout, ['status', '--porcelain'])).toBe(before);
    expect(await text(host, 'README.md')).toBe('edited\n');
    expect(await text(host, 'backend/notes.txt')).toBe('of the host\n');
    await stage.expectOrder(undoId);
  });

  it('is all that an undone rollback leaves, not what the installation of its target changed', async () => {
    const dirties: Edit = all(
      defects.healthRed,
      write('backend/install.sh', 'set -e\ncd "$(dirname "$0")"\nnpm ci\necho installed >>../README.md\n'),
    );
    const target = await theatre.addRelease('4.2.0', dirties);
    const stage = await theatre.stage({
      hosts: 1,
      verified: [],
      manifest: { code: codeWith({ script: 'backend/install.sh' }), health: { ...HEALTH, within: '1s' } },
    });
    await stage.recordTarget(target);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toContain('health-failed');
    expect(await stage.versions()).toEqual(['1.2.0']);
    expect(await git(only(stage).checkout, ['status', '--porcelain'])).toBe('');
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('releases follow each other', () => {
  it('and each runs with its own packages, built once', async () => {
    const stage = await theatre.stage({ hosts: 1, verified: ['1.0.0', '1.1.0'], manifest: { health: HEALTH } });
    const host = only(stage);
    expect(await pageOf(host)).toContain('1.2.0, phrases 1.2.0');
    const first = await stage.rollBack();
    expect(await pageOf(host)).toContain('1.1.0, phrases 1.1.0');
    const second = await stage.rollBack({ target: { version: '1.0.0' } });
    expect(await pageOf(host)).toContain('1.0.0, phrases 1.0.0');
    const { rollbackId } = await stage.operator.call('POST', `/rollbacks/${second.rollbackId}/undo`, { reason: 'a test' });
    const undo = await stage.ended(rollbackId);
    expect(await pageOf(host)).toContain('1.1.0, phrases 1.1.0');
    expect([first, second, undo]).toMatchObject([
      { status: 'succeeded', from: { version: '1.2.0' }, to: { version: '1.1.0' } },
      { status: 'succeeded', from: { version: '1.1.0' }, to: { version: '1.0.0' } },
      { status: 'succeeded', from: { version: '1.0.0' }, to: { version: '1.1.0' } },
    ]);
    expect(await resultOf(stage, first.rollbackId, 'prepare')).toMatchObject({ environment: 'built' });
    expect(await resultOf(stage, rollbackId, 'prepare')).toMatchObject({ environment: 'present' });
    await stage.expectOrder(rollbackId);
  });
});

describe.concurrent('an installation', () => {
  it('by a script of the repository runs at the target commit', async () => {
    const stage = await theatre.stage({
      hosts: 1,
      manifest: { code: codeWith({ script: 'backend/install.sh' }), health: HEALTH },
    });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', to: { version: '1.1.0' } });
    expect(await pageOf(only(stage))).toContain('1.1.0, phrases 1.1.0');
    await stage.expectOrder(rollback.rollbackId);
  });

  it.skipIf(!pythonAvailable())('of python runs with the wheel of its own commit', async () => {
    const module: Edit = async (directory) => {
      await mkdir(join(directory, 'backend/wheels'), { recursive: true });
      await writeFile(join(directory, 'backend/wheels/sample_words-7.0-py3-none-any.whl'), wheel('sample_words', '7.0'));
    };
    const asksPython = replace(
      'backend/page.js',
      '/** The page',
      "import { execFileSync } from 'node:child_process';\nconst words = execFileSync('venv/bin/python', ['-c', 'import sample_words; print(sample_words.VERSION)']);\n/** The page",
    );
    const shown = replace('backend/page.js', 'phrases ', 'words $' + '{String(words).trim()}, phrases ');
    const requirements = write('backend/requirements.txt', '--no-index\n--find-links wheels\nsample_words\n');
    const target = await theatre.addRelease('4.3.0', all(module, asksPython, shown, requirements), true);
    const stage = await theatre.stage({
      hosts: 1,
      verified: [],
      manifest: ([host]) => ({
        code: codeWith({ python: { requirements: 'backend/requirements.txt', venv: 'backend/venv' } }),
        hosts: { tags: { Name: host?.id ?? '' }, commandTimeout: '60s' },
        health: HEALTH,
      }),
    });
    await stage.recordTarget(target);
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', to: { version: '4.3.0' } });
    expect(await pageOf(only(stage))).toContain('4.3.0, words 7.0, phrases');
    await stage.expectOrder(rollback.rollbackId);
  });

  it.skipIf(!isRoot)('into a repository of another user leaves all files with that user', async () => {
    const owner = 'nobody';
    const stage = await theatre.stage({
      hosts: 1,
      verified: [],
      manifest: { code: codeWith({ npm: { directory: 'backend' } }, owner), health: HEALTH },
    });
    const target = await theatre.addRelease('4.4.0', write('backend/added.txt', 'of the release\n'), true);
    await stage.recordTarget(target);
    const host = only(stage);
    // The host's user can reach its own repository and fetches from a remote that it may read.
    await chmod(theatre.directory, 0o755);
    const origin = join(host.directory, 'origin.git');
    await cp(theatre.repository.origin, origin, { recursive: true });
    await git(host.checkout, ['remote', 'set-url', 'origin', origin]);
    execFileSync('chown', ['-R', `${owner}:`, host.checkout, origin]);
    const found = (...test: string[]) => execFileSync('find', [host.checkout, ...test], { encoding: 'utf8' }).trim();
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', to: { version: '4.4.0' } });
    expect(await stage.versions()).toEqual(['4.4.0']);
    expect(await commitsOf(stage)).toEqual([target.commit]);
    expect(await text(host, 'backend/added.txt')).toBe('of the release\n');
    expect(found('!', '-user', owner)).toBe('');
    await stage.expectOrder(rollback.rollbackId);
  });
});
