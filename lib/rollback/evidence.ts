/** What the hosts of a rollback said, read back from the commands on record. */
import type { CommandRecord, DatabaseWork, HostAction, HostObservation, HostResult, Plan } from '../contracts.ts';

/** What one host's inspection says of it; `null` truth: it did not answer, or not as expected. */
export const truthOf = (result: HostResult | undefined): HostObservation['truth'] => {
  if (!result?.ok || !result.result) return null;
  const { commit, dirtyFiles, targetPresent, services, health, errorsInLogs, freeMegabytes } = result.result as NonNullable<
    HostObservation['truth']
  >;
  return {
    commit,
    dirtyFiles,
    targetPresent,
    services: services.map(({ name, state }) => ({ name, state })),
    health: health && { status: health.status, version: health.version },
    errorsInLogs,
    freeMegabytes,
  };
};

/** The last answer of each host to one action. */
export const resultsOf = (commands: readonly CommandRecord[], action: HostAction): HostResult[] =>
  commands.filter((command) => command.action === action).flatMap(({ results }) => results ?? []);

/** The plan's hosts as their inspection saw them after a change; one that gave no answer has no truth. */
export const hostsAfter = (
  plan: Plan,
  commands: readonly CommandRecord[],
  action: 'verify' | 'verify-undo',
): HostObservation[] => {
  const results = resultsOf(commands, action);
  const known = new Map(plan.baseline.hosts.map((host) => [host.id, host]));
  return plan.hosts.map((id) => {
    const truth = truthOf(results.find(({ host }) => host === id));
    return { id, online: truth !== null, agentVersion: known.get(id)?.agentVersion ?? '', truth };
  });
};

/** What each host ran before the rollback changed anything, from its own capture. */
export const capturesOf = (commands: readonly CommandRecord[]): { host: string; commit: string }[] =>
  resultsOf(commands, 'capture').flatMap(({ host, result }) =>
    typeof result?.commit === 'string' ? [{ host, commit: result.commit }] : [],
  );

/** The hosts whose configuration file is not what it was when it was captured; one that gave no answer counts as such. */
export const configurationAstray = (commands: readonly CommandRecord[]): string[] => {
  const sums = new Map(resultsOf(commands, 'verify-undo').map(({ host, result }) => [host, checksumOf(result)]));
  return resultsOf(commands, 'capture')
    .filter(({ host, result }) => sums.get(host) !== checksumOf(result))
    .map(({ host }) => host);
};

/** undefined: there was no file. */
const checksumOf = (result: HostResult['result']): unknown =>
  (result?.configuration as { readonly sha256?: unknown } | null | undefined)?.sha256;

/** Hosts that were not seen to find the old instance again by its name, after a cut-over by rename was begun. */
export const misledHosts = (
  { hosts, manifest }: Pick<Plan, 'hosts' | 'manifest'>,
  commands: readonly CommandRecord[],
  { cutOverBegunAt }: DatabaseWork,
): string[] => {
  if (cutOverBegunAt === undefined || manifest.database?.cutover !== 'rename') return [];
  const found = new Set(resultsOf(commands, 'undo-find-database').flatMap(({ host, ok }) => (ok ? host : [])));
  return hosts.filter((id) => !found.has(id));
};

/** Hosts that a change was, or may have been, begun on. */
export const touchedHosts = (commands: readonly CommandRecord[]): string[] =>
  commands
    .filter(({ action }) => action === 'apply' || action === 'stop')
    .flatMap(({ hosts, results }) => hosts.filter((id) => results?.find(({ host }) => host === id)?.error !== 'never-sent'));

/** Hosts that serve after their change, as far as is known: it went well, and a look at them, if there was one, found nothing down. */
export const servingHosts = (commands: readonly CommandRecord[]): string[] => {
  const looks = new Map(resultsOf(commands, 'verify').map((result) => [result.host, truthOf(result)]));
  return resultsOf(commands, 'apply')
    .filter(({ host, ok }) => ok && serves(looks.get(host)))
    .map(({ host }) => host);
};

/** undefined: nobody looked; null: it gave no answer. */
const serves = (truth: HostObservation['truth'] | undefined): boolean => {
  if (!truth) return truth === undefined;
  return truth.services.every(({ state }) => state === 'active') && (truth.health?.status ?? 200) === 200;
};

/** When the last change on any host had ended; undefined: none has. Only what was seen later says something about it. */
export const lastChangeAt = (commands: readonly CommandRecord[]): string | undefined =>
  commands
    .filter(({ action }) => action === 'apply' || action === 'undo')
    .flatMap(({ endedAt }) => endedAt ?? [])
    .toSorted()
    .at(-1);
