import { takeBaseBackup } from './base-backup.ts';
import type { Instance } from './instances.ts';
import type { RdsState } from './state.ts';

/** The moments that an instance can be restored to. */
export interface BackupWindow {
  readonly earliest: Date;
  readonly latest: Date;
}

/** `undefined` when there is no automated backup (yet). */
export function windowOf({ backups }: Instance, { now, pace }: RdsState): BackupWindow | undefined {
  const earliest = backups[0]?.endedAt;
  if (!earliest) return undefined;
  const latest = new Date(Math.max(now().getTime() - pace.lagMs, earliest.getTime()));
  return { earliest, latest };
}

/** Gives an instance the backups that its retention period asks for. */
export async function backUp(instance: Instance): Promise<void> {
  if (instance.settings.BackupRetentionPeriod === 0) {
    instance.backups = [];
    return;
  }
  if (instance.backups.length > 0) return;
  instance.status = 'backing-up';
  instance.backups = [await takeBaseBackup(instance.cluster)];
}
