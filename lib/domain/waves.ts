import type { Manifest, Wave } from '../contracts.ts';

/** SendCommand takes at most 50 instance ids. */
const LARGEST_WAVE = 50;

/**
 * The order in which hosts are changed: first the canary hosts, then groups of `concurrency` (a number, or a share of all
 * hosts rounded down, at least 1). Sorted, so that planning again gives the same waves; every host stands in exactly one.
 */
export function waves(
  hostIds: readonly string[],
  { canary, concurrency }: Pick<Manifest['hosts'], 'canary' | 'concurrency'>,
  commit: string,
): Wave[] {
  const hosts = sorted(hostIds);
  const first = Math.min(canary, LARGEST_WAVE);
  const groups = [hosts.slice(0, first), ...chunks(hosts.slice(first), waveSize(concurrency, hosts.length))];
  return numbered(groups.filter((group) => group.length > 0).map((group) => ({ hosts: group, commit })));
}

/** Hosts in groups as large as one command takes, without a canary: for what changes nothing. */
export function batches(hostIds: readonly string[], commit: string): Wave[] {
  return numbered(chunks(sorted(hostIds), LARGEST_WAVE).map((hosts) => ({ hosts, commit })));
}

/** The way back: one wave per commit that was captured, since hosts may have run different ones; at most 50 hosts each. */
export function groupByCommit(captures: readonly { host: string; commit: string }[]): Wave[] {
  const byCommit = [...Map.groupBy(captures, ({ commit }) => commit)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return numbered(
    byCommit.flatMap(([commit, group]) =>
      batches(
        group.map(({ host }) => host),
        commit,
      ),
    ),
  );
}

function waveSize(concurrency: number | string, hosts: number): number {
  const share = typeof concurrency === 'number' ? concurrency : Math.floor((hosts * Number.parseInt(concurrency, 10)) / 100);
  return Math.min(LARGEST_WAVE, Math.max(1, share));
}

function sorted(hostIds: readonly string[]): string[] {
  return [...new Set(hostIds)].toSorted();
}

function chunks(hosts: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(hosts.length / size) }, (_, index) => hosts.slice(index * size, (index + 1) * size));
}

function numbered(groups: readonly Omit<Wave, 'index'>[]): Wave[] {
  return groups.map((group, index) => ({ ...group, index }));
}
