import type { Refusal, Release } from '../contracts.ts';
import type { HostFacts } from './guard-facts.ts';
import { describeRelease, list } from './naming.ts';
import { newestFirst } from './releases.ts';

type MigrationFacts = Pick<HostFacts, 'components' | 'releases' | 'running' | 'target'>;

/** Old code behind a migration that took something away breaks: code alone is not rolled back across one. */
export function contractingMigration(facts: MigrationFacts): Refusal | null {
  const [contracting] = rolledBack(facts).filter(({ migration }) => migration?.contracts === true);
  if (contracting === undefined) return null;
  const why = `${describeRelease(contracting)} contracts the database schema (${contracting.migration?.head}), which ${describeRelease(facts.target)} may still need.`;
  const message = `${why} Ask for strategy full, which restores the database too; it does so only if the manifest has a 'database' section.`;
  return { code: 'contracting-migration', message };
}

/** Warns when some of the releases concerned name a migration and others do not: nobody can tell whether one contracts. */
export function migrationWarnings(facts: MigrationFacts): string[] {
  const releases = rolledBack(facts);
  const target = facts.releases.find(({ commit }) => commit === facts.target.commit);
  const concerned = target === undefined ? releases : [...releases, target];
  const silent = concerned.filter(({ migration }) => migration === undefined);
  if (releases.length === 0 || silent.length === 0 || silent.length === concerned.length) return [];
  const names = list(silent.map(describeRelease));
  return [`No migration is recorded for ${names}, though others have one: whether the schema fits the older code is not known.`];
}

/**
 * Warns when the data goes back to before migrations that the running code was deployed with, and the code stays.
 * @param restoreTime ISO time that the database goes back to; undefined: it stays
 */
export function schemaBehindCode(facts: MigrationFacts, restoreTime: string | undefined): string[] {
  if (restoreTime === undefined || facts.components.includes('code')) return [];
  const recorded = upToRunning(facts).filter(({ migration }) => migration !== undefined);
  const [now] = recorded;
  const inForce = recorded.find(({ deployedAt }) => Date.parse(deployedAt) <= Date.parse(restoreTime));
  if (now === undefined || now.migration?.head === inForce?.migration?.head) return [];
  const then = inForce === undefined ? 'an unknown one' : inForce.migration?.head;
  return [
    `The schema goes back from migration ${now.migration?.head} (${describeRelease(now)}) to ${then}, and the code that runs stays: what it needs of newer migrations is gone. Ask for strategy full to take both back, or migrate again afterwards.`,
  ];
}

/**
 * The releases whose code this takes back while the schema stays: deployed after the target, up to the running one.
 * If the target was never recorded, none can be told.
 */
function rolledBack(facts: MigrationFacts): Release[] {
  const { components, releases, target } = facts;
  const wanted = newestFirst(releases).find(
    ({ commit, version }) => commit === target.commit && (version === target.version || target.version === null),
  );
  if (wanted === undefined || !components.includes('code') || components.includes('database')) return [];
  return upToRunning(facts).filter(({ deployedAt }) => Date.parse(deployedAt) > Date.parse(wanted.deployedAt));
}

/** The releases that were deployed up to the running one, newest first; all, if what runs was never recorded. */
function upToRunning({ releases, running }: MigrationFacts): Release[] {
  const last = running.release === null ? Number.POSITIVE_INFINITY : Date.parse(running.release.deployedAt);
  return newestFirst(releases).filter(({ deployedAt }) => Date.parse(deployedAt) <= last);
}
