import { EventEmitter, once } from 'node:events';
import type { Host } from './host.ts';

/** A host as Systems Manager knows it. */
export interface ManagedHost {
  readonly host: Host;
  readonly online: boolean;
  /** A terminated instance is never reached again; commands for it end as `Undeliverable`. */
  readonly terminated: boolean;
  /** When the agent was last heard of. */
  readonly lastPing: Date;
}

/** The hosts whose agents are registered. */
export interface Fleet {
  readonly hosts: ReadonlyMap<string, ManagedHost>;
  register(host: Host): void;
  setOnline(id: string, online: boolean): void;
  terminate(id: string): void;
  /** Waits at most `milliseconds` for the host's agent. Answers whether it is there; rejects when `cancel` is aborted first. */
  untilOnline(id: string, milliseconds: number, cancel: AbortSignal): Promise<boolean>;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Makes an empty fleet. */
export function createFleet(): Fleet {
  const hosts = new Map<string, ManagedHost>();
  const arrivals = new EventEmitter().setMaxListeners(0);

  const change = (id: string, to: Partial<ManagedHost>) => {
    const known = hosts.get(id);
    if (!known) throw new Error(`No host ${id} is registered`);
    hosts.set(id, { ...known, ...to });
    if (to.online) arrivals.emit(id);
  };

  return {
    hosts,
    register: (host) => void hosts.set(host.id, { host, online: true, terminated: false, lastPing: new Date() }),
    setOnline: (id, online) => change(id, { online, lastPing: new Date() }),
    terminate: (id) => change(id, { online: false, terminated: true }),
    async untilOnline(id, milliseconds, cancel) {
      cancel.throwIfAborted();
      if (hosts.get(id)?.online) return true;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), Math.min(milliseconds, LONGEST_TIMER_MS));
      try {
        await once(arrivals, id, { signal: AbortSignal.any([late.signal, cancel]) });
        return true;
      } catch {
        cancel.throwIfAborted();
        return false;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
