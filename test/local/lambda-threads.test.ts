import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { buildThread, Threads } from '../../local/aws/lambda-threads.ts';

let directory: string;
let threads: Threads;
let isBusy = true;
const taken: Worker[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'threads-'));
  isBusy = true;
  threads = new Threads(await buildThread(directory), 128, () => isBusy);
});

afterEach(async () => {
  await Promise.all([threads.close(), ...taken.splice(0).map((worker) => worker.terminate())]);
  await rm(directory, { recursive: true, force: true });
});

const take = (memoryMb: number): Worker => {
  const worker = threads.take(memoryMb);
  taken.push(worker);
  return worker;
};

/** Waits until a thread that waited is given out, and answers it. */
const takeWaiting = () =>
  vi.waitFor(
    () => {
      const worker = take(128);
      expect(waited(worker)).toBe(true);
      return worker;
    },
    { timeout: 10_000, interval: 200 },
  );

/** Threads are numbered as they are started: one that waited has a smaller number than one that is started now. */
const waited = (worker: Worker): boolean => worker.threadId < take(64).threadId - 1;

it('starts no thread ahead while functions run', async () => {
  await pause(1500);
  expect(waited(take(128))).toBe(false);
});

it('has threads of the one size ready when nothing runs, and takes no dead one for ready', async () => {
  isBusy = false;
  const ready = await takeWaiting();
  expect(ready.resourceLimits?.maxOldGenerationSizeMb).toBe(128);
  isBusy = true;
  for (let left = 0; left < 8; left++) await take(128).terminate();
  expect(waited(take(128))).toBe(false);
});

it('ends what waits when it is closed', async () => {
  isBusy = false;
  await takeWaiting();
  isBusy = true;
  await threads.close();
  expect(waited(take(128))).toBe(false);
});
