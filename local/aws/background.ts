/** Work that nobody waits for, until something is closed. */
export interface Background {
  /** Aborted at the close: what waits should end. */
  readonly signal: AbortSignal;
  /** Runs on its own; a failure is shown on stderr, unless it comes of the close. */
  start(work: Promise<void>): void;
  /** Resolves once nothing runs, also nothing that was started meanwhile. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export function createBackground(): Background {
  const running = new Set<Promise<void>>();
  const stop = new AbortController();
  const idle = async () => {
    while (running.size > 0) await Promise.all(running);
  };
  return {
    signal: stop.signal,
    start(work) {
      const kept = work
        .catch((error: unknown) => {
          if (!stop.signal.aborted) console.error(error);
        })
        .finally(() => running.delete(kept));
      running.add(kept);
    },
    idle,
    async close() {
      stop.abort();
      await idle();
    },
  };
}
