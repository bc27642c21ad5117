import type { HostState, Plan } from '../contracts.ts';

const NOTE = 'was out of reach and is left out: it still runs the old release when it comes back';

/** The hosts of the application that a plan leaves out, as the manifest tolerates: nobody knows what they run. */
export function leftOut({ baseline, hosts }: Pick<Plan, 'baseline' | 'hosts'>): HostState[] {
  const lost = hosts.length === 0 ? [] : baseline.hosts.filter(({ id }) => !hosts.includes(id));
  return lost.map(({ id }) => ({ id, commit: null, version: null, note: NOTE }));
}

/** Whether a host was left out, rather than changed or asked. */
export function isLeftOut({ note }: HostState): boolean {
  return note === NOTE;
}
