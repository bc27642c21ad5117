import type {
  AlarmObservation,
  Component,
  Freeze,
  HostObservation,
  Manifest,
  Refusal,
  Release,
  ReleaseReference,
  Rollback,
} from '../contracts.ts';
import type { Running } from './releases.ts';

/** What is known before any host was asked. */
export type CheapFacts = {
  /** The rollback that is guarded; its own record among `rollbacks` does not count against it. */
  rollback: Pick<Rollback, 'rollbackId' | 'application' | 'trigger' | 'requestedAt'>;
  limits: Manifest['limits'];
  /** The freezes of the application and of the whole service; one whose `until` has passed does not count. */
  freezes: readonly Freeze[];
  /** The trigger's alarm, read again just now; null: it no longer exists, or no alarm triggered this. */
  alarm: AlarmObservation | null;
  /** When the newest recorded release was deployed; null: none is recorded. */
  lastDeployedAt: string | null;
  /** The application's rollbacks of at least the last 24 hours and the cooldown, in any order. */
  rollbacks: readonly Rollback[];
  /** Who holds the application's lock now: a rollback or a backup; null: nobody. */
  lock: { readonly holder: string; readonly until: string } | null;
  now: Date;
};

/** What is known once the hosts have been asked. */
export type HostFacts = {
  rollback: CheapFacts['rollback'];
  components: readonly Component[];
  offlineTolerance: number;
  /** All hosts the manifest's tags name, answering or not. */
  hosts: readonly HostObservation[];
  releases: readonly Release[];
  running: Running;
  target: ReleaseReference;
  now: Date;
};

export type Facts = CheapFacts & HostFacts;

/** A look at the facts that finds a reason to refuse, or null. */
export type Guard<F> = (facts: F) => Refusal | null;
