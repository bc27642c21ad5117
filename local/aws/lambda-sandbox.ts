import type { Writable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { DeployedFunction } from './lambda-code.ts';

/** Longer than Lambda's ten seconds: many sandboxes start at once on a laptop. */
const INIT_LIMIT_MS = 30_000;

/** What a thread is told first. */
export interface SandboxData {
  readonly deployed: DeployedFunction;
  /** All variables that the function sees. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SandboxRequest {
  readonly requestId: string;
  /** JSON text */
  readonly payload: string;
  /** Epoch milliseconds at which the function times out. */
  readonly deadline: number;
}

export type SandboxMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer' | 'error' | 'init-error'; readonly payload: string };

/** How an invocation ended; a sandbox that is not `alive` any more is thrown away. */
export interface Outcome {
  /** JSON text */
  readonly payload: string;
  readonly failed: boolean;
  readonly alive: boolean;
}

type Ending = SandboxMessage | { readonly kind: 'timeout' } | { readonly kind: 'died'; readonly error: Error };

/** One execution environment of a function: a thread that lives over many invocations, one at a time. */
export class Sandbox {
  readonly #worker: Worker;
  readonly #deployed: DeployedFunction;
  #started: Promise<Ending> | undefined;
  #listener: (ending: Ending) => void = () => undefined;
  #death: Ending | undefined;

  /** @param worker a thread that waits for a function */
  constructor(worker: Worker, deployed: DeployedFunction, environment: Record<string, string>, log: Writable) {
    this.#deployed = deployed;
    this.#worker = worker;
    this.#worker.stdout.pipe(log, { end: false });
    this.#worker.stderr.pipe(log, { end: false });
    this.#worker.on('message', (message: SandboxMessage) => this.#listener(message));
    this.#worker.on('error', (error: Error) => this.#die(error));
    this.#worker.on('exit', (code) => this.#die(new Error(`Runtime exited with error: exit status ${code}`)));
    this.#started = this.#next(INIT_LIMIT_MS);
    this.#worker.postMessage({ deployed, environment } satisfies SandboxData);
  }

  /** Runs the handler once; `timeoutMs` counts from the moment the thread is ready. */
  async invoke(requestId: string, payload: string, timeoutMs: number): Promise<Outcome> {
    if (this.#started) {
      const started = await this.#started;
      this.#started = undefined;
      if (started.kind !== 'ready') return this.#finish(started, requestId, INIT_LIMIT_MS);
    }
    const ending = this.#next(timeoutMs);
    this.#worker.postMessage({ requestId, payload, deadline: Date.now() + timeoutMs } satisfies SandboxRequest);
    return this.#finish(await ending, requestId, this.#deployed.timeoutMs);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #next(limitMs: number): Promise<Ending> {
    if (this.#death) return Promise.resolve(this.#death);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#listener({ kind: 'timeout' }), limitMs);
      this.#listener = (ending) => {
        clearTimeout(timer);
        this.#listener = () => undefined;
        resolve(ending);
      };
    });
  }

  #die(error: Error): void {
    this.#death ??= { kind: 'died', error };
    this.#listener(this.#death);
  }

  async #finish(ending: Ending, requestId: string, limitMs: number): Promise<Outcome> {
    if (ending.kind === 'answer') return { payload: ending.payload, failed: false, alive: true };
    if (ending.kind === 'error') return { payload: ending.payload, failed: true, alive: true };
    await this.terminate();
    return { payload: this.#failure(ending, requestId, limitMs), failed: true, alive: false };
  }

  #failure(ending: Ending, requestId: string, limitMs: number): string {
    if (ending.kind === 'init-error') return ending.payload;
    if (ending.kind === 'died') return describeDeath(ending.error, requestId);
    return timeoutPayload(requestId, limitMs);
  }
}

/** What Lambda answers for a function that ran out of time. */
export function timeoutPayload(requestId: string, limitMs: number): string {
  const errorMessage = `${new Date().toISOString()} ${requestId} Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
  return JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage });
}

function describeDeath(error: Error & { readonly code?: string }, requestId: string): string {
  const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const reason = isMemory ? 'Runtime exited with error: signal: killed' : error.message;
  return JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` });
}
