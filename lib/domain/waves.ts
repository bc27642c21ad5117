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

type Capture = { host: string; commit: string };

/** A look at hosts that went back: one batch per commit that was captured, since hosts may have run different ones. */
export function groupByCommit(captures: readonly Capture[]): Wave[] {
  return numbered(byCommit(captures, LARGEST_WAVE));
}

/** An undo is urgent: it takes no more rounds than about this many, however few hosts the manifest changes at a time. */
const UNDO_ROUNDS = 20;

export type WayBackOf = {
  /** What each host of the rollback ran before. */
  captures: readonly Capture[];
  /** Those that a change was begun on. */
  touched: readonly string[];
  /** Those of them that serve as they are. */
  serving: readonly string[];
  concurrency: Manifest['hosts']['concurrency'];
};

/**
 * The way back of the hosts that were touched, each to its own commit. Those that do not serve go first, as many as one command takes:
 * there is nothing to lose. The others restart in groups as they did on the way there, so that the rest serves meanwhile.
 */
export function undoWaves({ captures, touched, serving, concurrency }: WayBackOf): Wave[] {
  const back = captures.filter(({ host }) => touched.includes(host));
  const [up = [], down = []] = [true, false].map((serves) => back.filter(({ host }) => serving.includes(host) === serves));
  const size = Math.max(waveSize(concurrency, captures.length), Math.ceil(captures.length / UNDO_ROUNDS));
  return numbered([...byCommit(down, LARGEST_WAVE), ...byCommit(up, Math.min(LARGEST_WAVE, size))]);
}

function byCommit(captures: readonly Capture[], size: number): Omit<Wave, 'index'>[] {
  const groups = [...Map.groupBy(captures, ({ commit }) => commit)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return groups.flatMap(([commit, group]) =>
    chunks(sorted(group.map(({ host }) => host)), size).map((hosts) => ({ hosts, commit })),
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
