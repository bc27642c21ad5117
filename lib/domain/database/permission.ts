import type { Refusal } from '../../contracts.ts';

/**
 * Names of RDS instances that the service may not work on are refused before anything is stopped for them. `pattern` is what its
 * roles allow, as IAM has it: `*` for any characters, `?` for one.
 */
export function forbiddenNames(names: readonly string[], pattern: string): Refusal | null {
  const parts = pattern.split(/([*?])/).map((part) => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)));
  const allowed = new RegExp(`^${parts.join('')}$`);
  const forbidden = names.filter((name) => !allowed.test(name));
  if (forbidden.length === 0) return null;
  const message = `The service may work on instances named ${pattern} only, which ${forbidden.join(', ')} ${forbidden.length === 1 ? 'does' : 'do'} not fit. Deploy it with a pattern that all names of a rollback fit: npx serverless deploy --param="databases=${names[0]}*"`;
  return { code: 'database-not-permitted', message };
}
