import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../lib/contracts.ts';
import { freeAddress } from '../../local/sample/address.ts';
import { defects } from '../../local/sample/edits.ts';
import { git } from '../../local/sample/git.ts';
import { createSampleHost, type SampleHost } from '../../local/sample/host.ts';
import { API_UNIT, PROXY_UNIT, sampleManifest } from '../../local/sample/manifest.ts';
import { createRepository, type SampleRepository } from '../../local/sample/repository.ts';
import { runRunbook } from '../../local/sample/runbook.ts';
import { until } from '../../local/until.ts';

const execute = promisify(execFile);

let directory: string;
let repository: SampleRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sample-'));
  repository = await createRepository(join(directory, 'repository'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the repository', () => {
  it('has three good releases and a bad one, each a tagged commit that changes code and its dependency', async () => {
    expect(repository.releases.map(({ version, good }) => [version, good])).toEqual([
      ['1.0.0', true],
      ['1.1.0', true],
      ['1.2.0', true],
      ['1.3.0', false],
    ]);
    for (const { version, commit } of repository.releases.slice(1)) {
      expect(await git(repository.origin, ['rev-parse', `v${version}`])).toBe(commit);
      const changed = await git(repository.origin, ['diff', '--name-only', `${commit}~`, commit]);
      expect(changed).toContain('backend/vendor/phrases/package.json');
      expect(changed).toMatch(/^backend\/\w+\.js$|phrases\/index\.js$/m);
    }
  });

  it('has the same commits wherever it is made', async () => {
    const again = await createRepository(join(directory, 'again'));
    expect(again.releases).toEqual(repository.releases);
  });

  it('takes further releases without moving those it has', async () => {
    const release = await repository.addRelease('1.4.0', defects.healthRed);
    expect(release).toMatchObject({ version: '1.4.0', good: false });
    const newestGood = repository.releases.find(({ version }) => version === '1.2.0');
    expect(await git(repository.origin, ['rev-parse', 'v1.4.0~'])).toBe(newestGood?.commit);
    expect(await git(repository.origin, ['rev-parse', 'v1.3.0'])).toBe(repository.releases.at(-1)?.commit);
  });
});

it('has a manifest that the service accepts', () => {
  expect(Manifest.safeParse(sampleManifest()).error).toBeUndefined();
});

describe('a host', () => {
  let host: SampleHost;
  const answers = (status: number, version: string | null) =>
    until(`health ${status} ${version}`, 15_000, async () => {
      const health = await host.health();
      return health.status === status && health.version === version ? health : undefined;
    });

  beforeAll(async () => {
    const address = await freeAddress();
    const options = { id: 'i-00000000000000001', directory: join(directory, 'host'), address, release: '1.2.0' };
    host = await createSampleHost({ ...options, origin: repository.origin });
  });

  afterAll(() => host?.host.stop());

  it('runs the release it was made with, behind its proxy', async () => {
    await answers(200, '1.2.0');
    const response = await fetch(host.proxyUrl);
    expect(await response.json()).toMatchObject({ status: 'ok', version: '1.2.0', host: 'i-00000000000000001' });
    const page = await fetch(new URL('/', host.healthUrl));
    expect(await page.text()).toContain('phrases 1.2.0');
  });

  it('keeps its configuration to its owner and out of git', async () => {
    expect((await stat(join(host.checkout, 'backend/.env'))).mode & 0o777).toBe(0o600);
    expect(await git(host.checkout, ['status', '--porcelain'])).toBe('');
  });

  it('answers 500 and logs errors after the bad release was deployed by hand', async () => {
    await host.deploy('1.3.0');
    await answers(500, '1.3.0');
    const { stdout } = await execute('journalctl', ['-u', API_UNIT, '-p', 'err', '-o', 'cat'], {
      env: host.environment,
    });
    expect(stdout).toContain('DATABASE_DSN is not set');
  });

  it('is healthy again after the steps of the runbook, dependency included', async () => {
    const release = repository.releases.find(({ version }) => version === '1.1.0');
    const ms = await runRunbook([host], release?.commit ?? '');
    expect(ms).toBeGreaterThan(0);
    expect(await host.health()).toEqual({ status: 200, version: '1.1.0' });
    const installed = await readFile(join(host.checkout, 'backend/node_modules/phrases/package.json'), 'utf8');
    expect(JSON.parse(installed).version).toBe('1.1.0');
  });

  it('reloads its proxy without a restart', async () => {
    const mainPid = async () => (await host.host.systemctl('show', '-p', 'MainPID', '--value', PROXY_UNIT)).stdout;
    const before = await mainPid();
    expect(await host.host.systemctl('reload', PROXY_UNIT)).toMatchObject({ exitCode: 0 });
    expect(await mainPid()).toBe(before);
    const { stdout } = await execute('journalctl', ['-u', PROXY_UNIT, '-o', 'cat'], { env: host.environment });
    expect(stdout).toContain('reloaded');
  });

  it('refuses a release that cannot be installed, and runs on', async () => {
    await repository.addRelease('1.5.0', defects.installFails);
    await expect(host.deploy('1.5.0')).rejects.toThrow(/npm/);
    expect(await host.health()).toEqual({ status: 200, version: '1.1.0' });
  });

  it('is down with a release that exits at its start', async () => {
    await repository.addRelease('1.6.0', defects.exitsAtStart);
    await host.deploy('1.6.0');
    await answers(0, null);
  });

  it('comes up late with a slow release', async () => {
    await repository.addRelease('1.7.0', defects.slowStart, true);
    await host.deploy('1.7.0');
    expect(await host.health()).toEqual({ status: 0, version: null });
    await answers(200, '1.7.0');
  });

  it('gives no answer with a release whose health check hangs', async () => {
    await repository.addRelease('1.8.0', defects.healthHangs);
    await host.deploy('1.8.0');
    await until('page', 10_000, async () =>
      (await fetch(new URL('/', host.healthUrl)).catch(() => undefined))?.ok ? true : undefined,
    );
    expect(await host.health()).toEqual({ status: 0, version: null });
  });
});
