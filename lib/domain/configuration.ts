/** Where a configuration file is restored from, in words and as the host documents take it. */
import type { ConfigurationSource } from '../contracts.ts';

/** As the parameter `configurationFrom` of the host documents; '' for a file that stays. */
export function configurationFrom(source: ConfigurationSource | undefined): string {
  if (source === undefined) return '';
  if (source.kind === 'previous') return 'previous';
  return source.kind === 'backup' ? `backup:${source.id}` : `time:${stamp(source.at)}`;
}

/** Backups are named to the second: `20261122T030000Z`. */
function stamp(time: string): string {
  return new Date(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
}

/** `/var/www/shop/.env.previous`, or which of the backups. */
export function describeSource(source: ConfigurationSource, file: string): string {
  if (source.kind === 'previous') return `${file}.previous`;
  return source.kind === 'backup' ? `its backup ${source.id}` : `the backup of what was in force at ${source.at}`;
}
