/** The process that `programs.ts` starts: runs what it is told, and ends with the one that told it. */
import { execFile } from 'node:child_process';
import { runScript } from './aws/host/process.ts';
import type { Answer, Order, Program, Result } from './programs.ts';

const MEGABYTE = 1024 * 1024;
const LARGEST_OUTPUT = 16 * MEGABYTE;

/** What can still be cancelled, by its order's number. */
const running = new Map<number, AbortController>();

const runProgram = ({ file, args, directory, environment, timeoutMs = 0 }: Program, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve) => {
    const options = { env: { ...environment }, timeout: timeoutMs, maxBuffer: LARGEST_OUTPUT, signal };
    execFile(file, [...args], directory ? { ...options, cwd: directory } : options, (error, stdout, stderr) => {
      const exitCode = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      // A program that could not be started, or took too long, says nothing itself.
      resolve({ exitCode, stdout, stderr: stderr || (error && typeof error.code !== 'number' ? error.message : '') });
    });
  });

const carryOut = async ({ id, order }: { readonly id: number; readonly order: Order }): Promise<void> => {
  const controller = new AbortController();
  running.set(id, controller);
  const { signal } = controller;
  const value = await (order.kind === 'script'
    ? runScript({ ...order.script, cancel: signal })
    : runProgram(order.program, signal));
  running.delete(id);
  if (process.connected) process.send?.({ id, value } satisfies Result);
};

process.on('message', (message: { readonly id: number; readonly order: Order | { readonly kind: 'cancel' } }) => {
  const { id, order } = message;
  if (order.kind === 'cancel') running.get(id)?.abort();
  else void carryOut({ id, order });
});

process.on('disconnect', () => {
  for (const controller of running.values()) controller.abort();
  process.exit();
});
