/** Contestants run as processes of their own, so that each one's memory and time can be told. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LIMIT_MS = 20 * 60_000;
const LOOK_EVERY_MS = 25;
const KEPT_OUTPUT = 100_000;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside `PATH`: nothing else of this process's environment is handed on. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Ran {
  /** From its start to its end, as a person waits for it. */
  readonly ms: number;
  /** The most memory that it ever had at once (VmHWM). */
  readonly peakBytes: number;
  readonly output: string;
}

/** A contestant ended badly; `message` ends in what it printed. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

/** Runs a program to its end. Throws `ProgramFailed`, also when `signal` or the time limit ended it. */
export const run = async ({ command, args, environment }: Program, signal: AbortSignal): Promise<Ran> => {
  const started = performance.now();
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  let peakBytes = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakMemory(child.pid ?? 0));
  }, LOOK_EVERY_MS);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      output[name] = (output[name] + chunk).slice(-KEPT_OUTPUT);
    });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | NodeJS.Signals | null>();
    child.once('error', reject).once('close', (code, endedBy) => resolve(code ?? endedBy));
    const end = await promise;
    const ms = performance.now() - started;
    if (end !== 0) throw new ProgramFailed(`${command} ended with ${end}: ${output.stderr.trim().slice(-2000)}`);
    return { ms, peakBytes, output: output.stdout };
  } finally {
    clearInterval(look);
  }
};

/** The most memory in bytes that a process, or else this one, ever had; 0: it has ended. */
export const peakMemory = (pid: number | 'self' = 'self'): number => {
  try {
    return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};
