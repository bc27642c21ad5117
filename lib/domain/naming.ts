import type { ReleaseReference } from '../contracts.ts';

/** A commit as people quote it: its first 7 digits. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** `1.2.0 (abc1234)`; without a known version the short commit alone; a moment's state with what ran then, if recorded. */
export function describeRelease({ version, commit, at }: ReleaseReference): string {
  const name = version === null ? shortCommit(commit) : `${version} (${shortCommit(commit)})`;
  if (at === undefined) return name || 'something unrecorded';
  return `the state of ${at}${name === '' ? '' : `, when ${name} ran`}`;
}

/** `3 hosts`, `1 host`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Names in a sentence: all of them up to five, then how many more there are. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
