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

/** The process that runs programs ended before they did. They may go on, with nobody who hears what they say. */
export class RunnerEnded extends Error {
  override readonly name = 'RunnerEnded';

  constructor(pid: number | undefined, cause?: Error) {
    super(`The process that runs programs (${pid ?? 'not started'}) ended before this one did; the next is run by a new one.`, {
      cause,
    });
  }
}

interface Caller {
  hear(value: never): void;
  fail(error: RunnerEnded): void;
}

interface Runner {
  readonly child: ChildProcess;
  /** Who waits for a program, by the number of the order. */
  readonly waiting: Map<number, Caller>;
  /** Fails all that wait, and nobody gives this runner an order again. */
  end(cause?: Error): void;
}

let current: Runner | undefined;
let orders = 0;

function startRunner(): Runner {
  // Detached, so that an interrupt at the keyboard does not reach it: services are ended through it then. It ends with this process.
  const child = fork(join(import.meta.dirname, 'programs-process.ts'), { detached: true, execArgv: [] });
  const waiting = new Map<number, Caller>();
  const end = (cause?: Error) => {
    if (current === runner) current = undefined;
    for (const caller of waiting.values()) caller.fail(new RunnerEnded(child.pid, cause));
    waiting.clear();
  };
  const runner = { child, waiting, end };
  child.on('message', ({ id, value }: Result) => {
    waiting.get(id)?.hear(value as never);
    waiting.delete(id);
    if (waiting.size === 0) child.channel?.unref();
  });
  // Not at `exit`: what it said last is heard before the channel is closed.
  child.once('disconnect', end);
  child.on('error', end);
  child.unref();
  return runner;
}

function give<T>(order: Order, cancel?: AbortSignal): Promise<T> {
  current ??= startRunner();
  const { child, waiting, end } = current;
  orders += 1;
  const id = orders;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // What cannot be sent any more: the channel is closed, and its end is heard of in a moment.
  const send = (message: Order | { readonly kind: 'cancel' }) =>
    child.send({ id, order: message }, (error) => error !== null && end(error));
  const abort = () => send({ kind: 'cancel' });
  waiting.set(id, { hear: resolve, fail: reject });
  child.channel?.ref();
  send(order);
  cancel?.addEventListener('abort', abort);
  if (cancel?.aborted) abort();
  return promise.finally(() => cancel?.removeEventListener('abort', abort));
}

/** Runs a program and answers what it said, whatever its exit code; 1 for one that could not be started. Throws `RunnerEnded`. */
export const execute = (program: Program): Promise<Answer> => give({ kind: 'program', program });

/** As `execute`. Throws `ProgramFailed` too, for any exit code but 0. */
export const mustExecute = async (program: Program): Promise<Answer> => {
  const answer = await execute(program);
  if (answer.exitCode !== 0) throw new ProgramFailed(program, answer);
  return answer;
};

/** Runs a script as the agent of a host does: see `runScript` in aws/host/process.ts. Throws `RunnerEnded`. */
export const executeScript = ({ cancel, ...script }: Run): Promise<Ended> => give({ kind: 'script', script }, cancel);
