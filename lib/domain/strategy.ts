import { Component, type Issue, type Manifest, type Refusal, type RollbackRequest, type Strategy } from '../contracts.ts';
import { needsConfiguration } from './database/needs.ts';

const MATRIX: Record<Issue, Strategy> = {
  'application-bug': 'code',
  'frontend-issue': 'frontend',
  'database-issue': 'database',
  'configuration-error': 'configuration',
  'multiple-issues': 'full',
};

/** The hand-run runbook's estimates, in minutes: shown until an application's own log knows better. */
export const RUNBOOK_MINUTES: Record<Strategy, { low: number; high: number }> = {
  code: { low: 5, high: 10 },
  frontend: { low: 5, high: 10 },
  database: { low: 15, high: 30 },
  configuration: { low: 5, high: 5 },
  full: { low: 30, high: 60 },
};

/** The decision matrix: which strategy mends which issue. */
export function strategyFor(issue: Issue): Strategy {
  return MATRIX[issue];
}

/** What a strategy touches; `full` is everything the manifest has, which may be nothing. */
export function componentsOf(strategy: Strategy, manifest: Manifest): Component[] {
  if (strategy !== 'full') return [strategy];
  return Component.options.filter((component) => manifest[component] !== undefined);
}

/** Why a strategy can't be carried out for this manifest at all, whatever state its hosts are in; null: it can. */
export function strategyProblem(strategy: Strategy, manifest: Manifest): Refusal | null {
  const components = componentsOf(strategy, manifest);
  const [missing] = components.filter((component) => manifest[component] === undefined);
  if (missing !== undefined || components.length === 0) return sectionMissing(strategy, manifest);
  return partMissing(components, manifest);
}

function sectionMissing(strategy: Strategy, { application }: Manifest): Refusal {
  const lacks = strategy === 'full' ? `any of ${Component.options.join(', ')}` : `a '${strategy}' section`;
  const message = `The manifest of ${application} does not have ${lacks}: add it with PUT /applications/${application}, or choose another strategy.`;
  return { code: 'component-missing', message };
}

/** What a component needs of another section. */
function partMissing(components: readonly Component[], manifest: Manifest): Refusal | null {
  const add = `add it with PUT /applications/${manifest.application}`;
  if (needsHosts(components) && manifest.code === undefined) {
    const message = `Strategy ${components.join(' and ')} works on hosts, and the manifest says nothing of their 'code' section (directory and user): ${add}.`;
    return { code: 'component-missing', message };
  }
  const why = components.includes('database') ? needsConfiguration(manifest) : null;
  if (why === null) return null;
  return { code: 'component-missing', message: `The manifest does not have a 'configuration' section, but ${why}: ${add}.` };
}

/** Whether a component works on hosts: then they are asked, and have to answer. */
export function needsHosts(components: readonly Component[]): boolean {
  return components.some((component) => component !== 'frontend');
}

/** Strategies whose target may be a moment. */
const BY_TIME: readonly Strategy[] = ['frontend', 'database', 'configuration', 'full'];

/** What a request asks for that its strategy cannot do; null: nothing. */
export function requestProblem(
  strategy: Strategy,
  { target, frontend }: Pick<RollbackRequest, 'target' | 'frontend'>,
): Refusal | null {
  if (target && 'time' in target && !BY_TIME.includes(strategy))
    return impossible(
      `Strategy ${strategy} goes back to a release, not to a time: give target.version, or leave the target out.`,
    );
  if (frontend && strategy !== 'frontend' && strategy !== 'full')
    return impossible(`Strategy ${strategy} does not touch the frontend: leave "frontend" out, or ask for strategy frontend.`);
  return null;
}

function impossible(message: string): Refusal {
  return { code: 'strategy-unavailable', message };
}
