/** The writes that a database loses as it goes back: how many a plan can tell, and what is known afterwards. */
import type { CommandRecord, Plan, Rollback } from '../../contracts.ts';
import { count } from '../naming.ts';
import { isOver } from '../transitions.ts';

const MINUTE_MS = 60_000;

/** Minutes of writes, begun ones included, that are lost if a database goes back to `restoreTime` (ISO) now. */
export function dataLossMinutes(restoreTime: string, now: Date): number {
  return Math.max(0, Math.ceil((now.getTime() - Date.parse(restoreTime)) / MINUTE_MS));
}

type Planned = Pick<Plan, 'database' | 'dataLossMinutes' | 'approvalRequired' | 'manifest'>;

/** What a plan says of the loss: nobody knows then when services will be stopped. */
export function plannedLoss({ database, dataLossMinutes: minutes }: Pick<Planned, 'database' | 'dataLossMinutes'>): string {
  if (database === undefined || minutes === null) return 'none';
  return `all that is written after ${database.restoreTime}: ${count(minutes, 'minute')} when this plan was made, and more until services are stopped`;
}

/** By what a loss grows after the plan; none where it is not known to. */
export function lossWarnings({ database, manifest, approvalRequired }: Omit<Planned, 'dataLossMinutes'>): string[] {
  const runsOn = manifest.database?.stopServices === 'before-cutover';
  const growth = [
    ...(approvalRequired ? [`the wait for the approval, ${manifest.approval.timeout} at most`] : []),
    ...(runsOn ? ['the whole restore, while services run on (database.stopServices is before-cutover)'] : []),
  ];
  if (database === undefined || growth.length === 0) return [];
  return [
    `What is written between this plan and the moment that services are stopped is lost too. To the minutes above comes ${growth.join(', and ')}.`,
  ];
}

/** When the last host had stopped its services; undefined: none was stopped. Hosts write no more after it. */
export function writesEndedAt(commands: readonly CommandRecord[]): string | undefined {
  return commands
    .filter(({ action }) => action === 'stop')
    .flatMap(({ endedAt }) => endedAt ?? [])
    .toSorted()
    .at(-1);
}

/** What is known of the loss of a rollback; undefined: it restores no database. */
export function describeLoss({
  status,
  dataLossMinutes: planned,
  dataLost: lost,
}: Pick<Rollback, 'status' | 'dataLossMinutes' | 'dataLost'>): string | undefined {
  if (planned === undefined) return undefined;
  if (status === 'undone') return 'none of what the old instance held: it is back';
  if (lost !== undefined) {
    const minutes = count(dataLossMinutes(lost.from, new Date(lost.until)), 'minute');
    return `what was written from ${lost.from} until services were stopped at ${lost.until}: ${minutes}`;
  }
  if (!isOver(status) || status === 'succeeded' || status === 'unresolved')
    return `the last ${count(planned, 'minute')} of writes before it was planned, and more until services were stopped`;
  return status === 'failed' ? 'none is known: the cut-over did not come to its end' : 'none: the database was not cut over';
}
