/** The commands that people start, each as a process of its own: the main job from the alarm's data on, and AWS on a laptop alone. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

const LOCAL = join(import.meta.dirname, '../../local');
const run = promisify(execFile);

describe('npm run demo', () => {
  it('ends with 0 and one JSON object: the alarm brought both hosts back, and is OK on newer data', async () => {
    const { stdout } = await run(process.execPath, [join(LOCAL, 'start.ts'), '--demo'], { maxBuffer: 2 ** 24 });
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(result).toMatchObject({
      outcome: 'succeeded',
      from: '1.3.0',
      to: '1.2.0',
      hosts: [{ version: '1.2.0' }, { version: '1.2.0' }],
      site: { outcome: 'succeeded' },
    });
    expect([result.alarmToHealthyMs, result.runbookMs, result.transitions].every((number) => number > 0)).toBe(true);
    expect(stdout).toContain(`Performed by: alarm `);
  });
});

describe('npm run local', () => {
  const started: ChildProcess[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('prints one line of JSON when it is ready, keeps its folder, and ends when it is told to', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rollback-demo-'));
    folders.push(directory);
    const child = spawn(process.execPath, [join(LOCAL, 'local.ts'), '--port', '0', '--dir', directory]);
    started.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const ready = JSON.parse(line);
    expect(ready).toMatchObject({
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      application: expect.any(String),
      hosts: [{ directory: expect.stringContaining(directory) }, { directory: expect.stringContaining(directory) }],
      credentials: { operator: expect.anything(), approver: expect.anything(), viewer: expect.anything() },
    });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await readdir(directory)).toContain('hosts');
  });
});
