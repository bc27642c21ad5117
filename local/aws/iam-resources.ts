import type { PolicyDocument } from './service.ts';

const OBJECTS = 'arn:aws:s3:::';
/** Patterns that mean the same whether a wildcard spans the parts of an ARN or not. */
const PLAIN = /^(?:\*$|arn:aws:(?!s3:)[a-z0-9-]+:|arn:aws:s3:::)/;

/** The resource patterns of a caller; `undefined` when single resources must be told apart. */
type Patterns = readonly RegExp[] | undefined;

const known = new WeakMap<readonly PolicyDocument[], Patterns>();

/**
 * What policies can tell apart of a resource: for an S3 object, of which there can be millions, which of their resource patterns
 * it matches; the resource itself for any other one, and when a pattern holds a policy variable. Decisions on resources with the
 * same answer are the same, so that one can be kept for all of them.
 */
export function distinguish(policies: readonly PolicyDocument[], resource: string): string {
  if (!resource.startsWith(OBJECTS) || !resource.includes('/')) return resource;
  if (!known.has(policies)) known.set(policies, patternsOf(policies));
  const patterns = known.get(policies);
  return patterns ? `${OBJECTS}…/${patterns.map((pattern) => Number(pattern.test(resource))).join('')}` : resource;
}

function patternsOf(policies: readonly PolicyDocument[]): Patterns {
  const texts = policies.flatMap(({ Statement }) => [Statement].flat().flatMap(resourcesOf));
  const isPlain = texts.every((text) => PLAIN.test(text) && !text.includes('${'));
  return isPlain ? [...new Set(texts)].map(toRegExp) : undefined;
}

function resourcesOf(statement: unknown): readonly string[] {
  const { Resource = [], NotResource = [] } = statement as { Resource?: string | string[]; NotResource?: string | string[] };
  return [Resource, NotResource].flat();
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern.split(/([*?])/).map((part) => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)));
  return new RegExp(`^${parts.join('')}$`, 's');
}
