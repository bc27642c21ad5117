import type { Plan } from '../contracts.ts';
import { describeRelease } from './naming.ts';

/**
 * What changed on hosts between the plan and the capture of its rollback, such as a deployment while people thought about it; null:
 * every host runs what the plan was made for. A host that nobody saw then counts as the same.
 */
export function changedMeanwhile(
  { baseline, from, to }: Pick<Plan, 'baseline' | 'from' | 'to'>,
  captures: readonly { host: string; commit: string }[],
): string | null {
  const planned = new Map(baseline.hosts.map(({ id, truth }) => [id, truth?.commit]));
  const name = (commit: string) =>
    describeRelease([from, to].find((known) => known.commit === commit) ?? { version: null, commit });
  const changed = captures.flatMap(({ host, commit }) => {
    const was = planned.get(host) ?? commit;
    return was === commit ? [] : [`${host} went from ${name(was)} to ${name(commit)}`];
  });
  return changed.length === 0 ? null : changed.join('; ');
}
