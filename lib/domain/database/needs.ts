/** What of a manifest's database section counts here: the contracts themselves ask, so nothing is taken from them. */
interface Sections {
  readonly database?: { readonly check?: unknown; readonly cutover: string } | undefined;
  readonly configuration?: unknown;
}

/** Why a database section is of no use without the configuration section that is not there; null: it is. */
export function needsConfiguration({ database, configuration }: Sections): string | null {
  if (database === undefined || configuration !== undefined) return null;
  if (database.check !== undefined) return 'database.check is asked with the DATABASE_URL of the configuration file';
  if (database.cutover === 'environment') return 'a cut-over by environment changes DATABASE_URL in the configuration file';
  return null;
}
