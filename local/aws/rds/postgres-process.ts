import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { ENVIRONMENT } from './binaries.ts';
import type { Machine } from './machine.ts';

/** How long a shutdown may take before the process is killed. */
const STOP_LIMIT_MS = { fast: 20_000, immediate: 3000 };

/** https://www.postgresql.org/docs/18/server-shutdown.html */
const STOP_SIGNAL = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/**
 * Ends PostgreSQL (`$$`, as `exec` keeps the pid) when standard input ends, which it does with this process however that ends.
 * A background job of a shell would have /dev/null for input, therefore the copy.
 */
const KEEPER = `
exec 3<&0
( read -r line <&3; kill -QUIT $$ ) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;

/** A running PostgreSQL server. */
export interface PostgresProcess {
  hasExited(): boolean;
  /** `fast` writes everything down and ends all sessions; `immediate` just ends. Resolves when the server is gone. */
  stop(how: keyof typeof STOP_SIGNAL): Promise<void>;
}

/** Starts a server on a data folder. It outlives neither `stop` nor this process. Throws the signal's reason when it is aborted. */
export function startPostgres(
  machine: Machine,
  server: { readonly data: string; readonly settings: Readonly<Record<string, string>>; readonly log: string },
): PostgresProcess {
  machine.signal.throwIfAborted();
  const settings = Object.entries(server.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(server.log, 'a');
  const command = ['-c', KEEPER, 'keeper', machine.binaries.postgres, '-D', server.data, ...settings];
  const options = { ...machine.owner, cwd: server.data, env: ENVIRONMENT, detached: true };
  const child = spawn('/bin/sh', command, { ...options, stdio: ['pipe', log, log] });
  closeSync(log);
  const exited = once(child, 'exit').catch(console.error);
  const running: PostgresProcess = {
    hasExited: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    async stop(how) {
      if (running.hasExited()) return;
      child.kill(STOP_SIGNAL[how]);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS[how]);
      await exited;
      clearTimeout(timer);
    },
  };
  machine.processes.add(running);
  void exited.then(() => machine.processes.delete(running));
  return running;
}
