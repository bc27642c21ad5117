import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execute, executeScript, mustExecute } from '../../local/programs.ts';

const environment = { PATH: '/usr/bin:/bin' };
const shell = (script: string) => ({ file: 'sh', args: ['-c', script], environment });
/** Of the process that runs programs. */
const pidOfRunner = async (): Promise<number> => Number((await mustExecute(shell('echo $PPID'))).stdout);

describe('the process that runs programs', () => {
  it('fails all who wait for a program when it is killed, and the next program is run by a new one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rollback-programs-'));
    try {
      const script = join(directory, 'script');
      await writeFile(script, 'sleep 5', { mode: 0o700 });
      const { signal: cancel } = new AbortController();
      const files = { stdoutFile: join(directory, 'stdout'), stderrFile: join(directory, 'stderr') };
      const pid = await pidOfRunner();
      const waiting = [
        execute(shell('sleep 5')),
        mustExecute(shell('sleep 5')),
        executeScript({ script, directory, environment, timeoutMs: 60_000, cancel, ...files }),
      ];
      process.kill(pid, 'SIGKILL');
      const ends = await Promise.allSettled(waiting);
      const failed = { name: 'RunnerEnded', message: expect.stringContaining(String(pid)) };
      expect(ends).toMatchObject(ends.map(() => ({ status: 'rejected', reason: failed })));
      expect(await pidOfRunner()).not.toBe(pid);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('fails a program that it is given while nobody has heard of its end', async () => {
    const pid = await pidOfRunner();
    process.kill(pid, 'SIGKILL');
    await expect(execute(shell('echo lost'))).rejects.toMatchObject({ name: 'RunnerEnded' });
    expect(await execute(shell('echo heard'))).toMatchObject({ exitCode: 0, stdout: 'heard\n' });
  });
});
