import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

/** Threads that wait for a function, each some 10 MB: as many as one rollback starts functions until its hosts are healthy. */
const SPARE_THREADS = 8;

/** How often it is seen whether nothing runs, and spare threads can be started without slowing down what does. */
const QUIET_MS = 1000;

/**
 * Gives sandboxes their threads. Some have started before, as Lambda keeps virtual machines whose runtime is up and that only
 * have to load a function.
 */
export class Threads {
  readonly #script: string;
  readonly #memoryMb: number;
  readonly #spare = new Set<Worker>();
  readonly #refill: NodeJS.Timeout;

  /**
   * @param memoryMb what spare threads have; one with another size is started when it is asked for
   * @param isBusy whether a function runs
   */
  constructor(script: string, memoryMb: number, isBusy: () => boolean) {
    this.#script = script;
    this.#memoryMb = memoryMb;
    this.#refill = setInterval(() => {
      if (!isBusy()) this.#fill();
    }, QUIET_MS).unref();
  }

  /** A thread that waits for its `SandboxData`. */
  take(memoryMb: number): Worker {
    const [spare] = memoryMb === this.#memoryMb ? this.#spare : [];
    if (!spare) return this.#start(memoryMb);
    this.#spare.delete(spare);
    spare.ref();
    return spare;
  }

  async close(): Promise<void> {
    clearInterval(this.#refill);
    await Promise.all([...this.#spare].map((worker) => worker.terminate()));
  }

  #fill(): void {
    while (this.#spare.size < SPARE_THREADS) {
      const worker = this.#start(this.#memoryMb);
      this.#spare.add(worker);
      const forget = () => this.#spare.delete(worker);
      worker.on('error', forget).on('exit', forget).unref();
    }
  }

  #start(memoryMb: number): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
    return new Worker(this.#script, { env: {}, execArgv: [], stdout: true, stderr: true, resourceLimits });
  }
}

/** Writes the script of every sandbox's thread to `directory`; in TypeScript, each would load a compiler before its function. */
export async function buildThread(directory: string): Promise<string> {
  const outfile = join(directory, 'lambda-thread.mjs');
  const entry = join(import.meta.dirname, 'lambda-thread.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24' });
  return outfile;
}
