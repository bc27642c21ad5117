import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Characters of output that are kept in memory; everything is in the file. */
const KEPT_BYTES = 1024 * 1024;

/** How long the output of a killed process is waited for when something outside its group still holds it open. */
const DRAIN_MS = 200;

/** One script to run. */
export interface Run {
  readonly script: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly cancel: AbortSignal;
  /** Files that the whole output is appended to. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

/** How a script ended. `exitCode` is 137 when its process group was killed. */
export interface Ended {
  readonly reason: 'exited' | 'timed out' | 'cancelled';
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Start time of a process in clock ticks since boot: with the pid it names one process, however often pids are used again. */
export function startTime(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function keep(stream: Readable, file: string): () => Promise<string> {
  const chunks: Buffer[] = [];
  let kept = 0;
  const log = createWriteStream(file, { flags: 'a' });
  const written = finished(log);
  stream.on('data', (chunk: Buffer) => {
    if (kept < KEPT_BYTES) chunks.push(chunk);
    kept += chunk.length;
  });
  stream.pipe(log, { end: false });
  stream.once('close', () => log.end());
  return async () => {
    await written;
    return Buffer.concat(chunks).toString('utf8');
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * Runs a script the way the agent does: `sh -c <file>`, so that a shebang counts, in its own process group, until its output is
 * closed. On time-out or cancel the whole group gets SIGKILL.
 */
export function runScript(run: Run): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = spawn('/bin/sh', ['-c', quoted(run.script)], {
    cwd: run.directory,
    env: run.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = keep(child.stdout, run.stdoutFile);
  const stderr = keep(child.stderr, run.stderrFile);
  let reason: Ended['reason'] = 'exited';
  const end = (why: Ended['reason']) => {
    if (reason !== 'exited') return;
    reason = why;
    killGroup(child);
    setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), DRAIN_MS);
  };
  const timer = setTimeout(() => end('timed out'), Math.min(run.timeoutMs, 2 ** 31 - 1));
  const cancelled = () => end('cancelled');
  run.cancel.addEventListener('abort', cancelled);
  if (run.cancel.aborted) cancelled();
  const settle = async (code: number, note = '') => {
    clearTimeout(timer);
    run.cancel.removeEventListener('abort', cancelled);
    const exitCode = reason === 'exited' ? code : 137;
    resolve({ reason, exitCode, stdout: await stdout(), stderr: (await stderr()) + note });
  };
  child.once('error', (error) => void settle(1, error.message));
  child.once('close', (code) => void settle(code ?? 137));
  return promise;
}
