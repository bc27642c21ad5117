import type { Background } from '../background.ts';
import type { Endpoints } from './endpoints.ts';
import type { Failures } from './failures.ts';
import type { Instances } from './instances.ts';
import type { Machine } from './machine.ts';
import type { Snapshot } from './snapshots.ts';

/** How long things take, in milliseconds. */
export interface Pace {
  /** How far the latest restorable time is behind; AWS: about five minutes. */
  lagMs: number;
  /** The least that a restored instance is `creating`. */
  restoreMs: number;
  /** The least that a modification or rename takes; for the first half of it the instance still says that it is available, as AWS's do. */
  modifyMs: number;
}

/** What the operations work on. */
export interface RdsState {
  readonly instances: Instances;
  readonly snapshots: Map<string, Snapshot>;
  /** Names of RDS Proxies, and of the instances that they lead to. */
  readonly proxies: Map<string, string>;
  readonly endpoints: Endpoints;
  readonly failures: Failures;
  readonly background: Background;
  readonly pace: Pace;
  readonly now: () => Date;
  /** Opened by the first instance. Throws `PostgresUnavailable`. */
  readonly machine: () => Promise<Machine>;
}
