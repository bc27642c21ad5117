/**
 * Runs programs by a small process of its own. Starting one copies the memory map of the process that starts it, and one that holds
 * the threads of thirty functions stands still for tenths of a second each time.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Ended, Run } from './aws/host/process.ts';

/** A program to run to its end. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** All variables that it gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** It is ended after that; no limit unless told. */
  readonly timeoutMs?: number;
}

/** What a program said. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Script = Omit<Run, 'cancel'>;
export type Order =
  | { readonly kind: 'program'; readonly program: Program }
  | { readonly kind: 'script'; readonly script: Script };
export type Result = { readonly id: number; readonly value: Answer | Ended };

/** A program ended with another exit code than 0; the message is what it said. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
  readonly answer: Answer;

  constructor({ file, args }: Program, answer: Answer) {
    super(`${file} ${args.join(' ')}: ${(answer.stderr || answer.stdout).trim() || `exit code ${answer.exitCode}`}`);
    this.answer = answer;
  }
}

const waiting = new Map<number, (value: never) => void>();
let runner: ChildProcess | undefined;
let orders = 0;

function startRunner(): ChildProcess {
  // Detached, so that an interrupt at the keyboard does not reach it: services are ended through it then. It ends with this process.
  const child = fork(join(import.meta.dirname, 'programs-process.ts'), { detached: true, execArgv: [] });
  child.on('message', ({ id, value }: Result) => {
    waiting.get(id)?.(value as never);
    waiting.delete(id);
    if (waiting.size === 0) child.channel?.unref();
  });
  child.unref();
  return child;
}

function give<T>(order: Order, cancel?: AbortSignal): Promise<T> {
  runner ??= startRunner();
  const child = runner;
  orders += 1;
  const id = orders;
  return new Promise((resolve) => {
    const abort = () => child.send({ id, order: { kind: 'cancel' } });
    waiting.set(id, (value) => {
      cancel?.removeEventListener('abort', abort);
      resolve(value);
    });
    child.channel?.ref();
    child.send({ id, order });
    cancel?.addEventListener('abort', abort);
    if (cancel?.aborted) abort();
  });
}

/** Runs a program and answers what it said, whatever its exit code; 1 for one that could not be started. */
export const execute = (program: Program): Promise<Answer> => give({ kind: 'program', program });

/** As `execute`. Throws `ProgramFailed` for any exit code but 0. */
export const mustExecute = async (program: Program): Promise<Answer> => {
  const answer = await execute(program);
  if (answer.exitCode !== 0) throw new ProgramFailed(program, answer);
  return answer;
};

/** Runs a script as the agent of a host does: see `runScript` in aws/host/process.ts. */
export const executeScript = ({ cancel, ...script }: Run): Promise<Ended> => give({ kind: 'script', script }, cancel);
