import type { DatabaseAddress, Refusal } from '../../contracts.ts';
import type { Cutover } from './move.ts';
import { forbiddenNames } from './permission.ts';
import { type DatabaseState, describeInstance, isReady, isSettled } from './state.ts';
import { unsupported } from './support.ts';

/** The moments that RDS can restore to, as ISO times. */
export type RestoreWindow = { readonly earliest: string; readonly latest: string };

export type DatabaseFacts = {
  /** The identifier in the manifest. */
  readonly instance: string;
  /** null: there is none of this name. */
  readonly state: DatabaseState | null;
  /** null: there is no automated backup. */
  readonly window: RestoreWindow | null;
  /** ISO time of a whole second. */
  readonly restoreTime: string;
  readonly cutover: Cutover;
  /** Of the instances, at some time of the rollback. */
  readonly names: readonly string[];
  /** The names that the service may work on, as a pattern of IAM. */
  readonly permitted: string;
  /** RDS Proxies that lead to it. */
  readonly proxies: readonly string[];
  readonly now: Date;
};

const MINUTE_MS = 60_000;
/** How far RDS's latest restorable time usually is behind. */
const USUAL_LAG_MS = 5 * MINUTE_MS;

export type Judged =
  | { readonly refusal: Refusal }
  /** It can be restored so. */
  | {
      readonly refusal?: undefined;
      readonly state: DatabaseState;
      readonly address: DatabaseAddress;
      readonly window: RestoreWindow;
    };

/** Whether the database may and can be restored so, or why not. */
export function judgeDatabase(facts: DatabaseFacts): Judged {
  const { instance, state, window } = facts;
  if (state === null) return { refusal: unknown(instance) };
  const unfit = forbiddenNames(facts.names, facts.permitted) ?? unsupported(state, facts.proxies);
  if (unfit) return { refusal: unfit };
  const { address } = state;
  if (!isReady(state) || address === null) return { refusal: notReady(state) };
  if (window === null) return { refusal: noBackups(state) };
  const refusal = outside(facts, window);
  return refusal ? { refusal } : { state, address, window };
}

function unknown(instance: string): Refusal {
  const message = `There is no RDS instance ${instance} in this account and region. Check database.instance in the manifest, or see whether an unfinished rollback left it under another name: aws rds describe-db-instances`;
  return { code: 'database-unknown', message };
}

/** A rename applies at once whatever waits for the maintenance window, which nobody asked for now. */
function notReady(state: DatabaseState): Refusal {
  const { identifier, pending } = state;
  const message =
    isSettled(state) && pending.length > 0
      ? `${identifier} has changes waiting (${pending.join(', ')}), which a rename would apply at once. Apply them (aws rds modify-db-instance --apply-immediately) or take them back, then ask again.`
      : `${describeInstance(state)} is not available. Ask again once it is: aws rds wait db-instance-available --db-instance-identifier ${identifier}`;
  return { code: 'database-not-ready', message };
}

function noBackups({ identifier, settings }: DatabaseState): Refusal {
  const why =
    settings.backupRetentionDays === 0
      ? `keeps no automated backups, so it can be restored to no time. Turn them on for the next time: aws rds modify-db-instance --db-instance-identifier ${identifier} --backup-retention-period 7`
      : 'has no automated backup yet. Ask again once its first one is there';
  return {
    code: 'database-no-backups',
    message: `${identifier} ${why}. A manual snapshot, if there is one, can be restored by hand.`,
  };
}

function outside({ restoreTime, now }: DatabaseFacts, window: RestoreWindow): Refusal | null {
  const { earliest, latest } = window;
  const [time, newest] = [Date.parse(restoreTime), Date.parse(latest)];
  if (time > now.getTime()) return outsideWindow(restoreTime, window, 'That lies in the future: ask for a time that has passed.');
  if (time < Date.parse(earliest)) return outsideWindow(restoreTime, window, `Ask for a time after ${earliest}.`);
  if (time <= newest) return null;
  const restorableAt = new Date(time + Math.max(now.getTime() - newest, USUAL_LAG_MS) + MINUTE_MS);
  const advice = `RDS is some minutes behind: ask again at about ${restorableAt.toISOString()}, or for a time up to ${latest}.`;
  return outsideWindow(restoreTime, window, advice);
}

function outsideWindow(restoreTime: string, { earliest, latest }: RestoreWindow, advice: string): Refusal {
  const message = `The database cannot be restored to ${restoreTime}: RDS can restore to any time from ${earliest} to ${latest} now. ${advice}`;
  return { code: 'restore-time-outside-window', message };
}
