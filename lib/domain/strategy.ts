import { Component, type Issue, type Manifest, type Refusal, type RollbackRequest, type Strategy } from '../contracts.ts';

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

/** The components that this version carries out; a strategy that needs another one is refused, never done by half. */
export const AVAILABLE: readonly Component[] = ['code', 'frontend'];

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
  const unavailable = components.filter((component) => !AVAILABLE.includes(component));
  // First, so that nobody adds a section that would not help.
  if (unavailable.length > 0) return strategyUnavailable(strategy, components, unavailable);
  const missing = components.filter((component) => manifest[component] === undefined);
  return missing.length > 0 || components.length === 0 ? componentMissing(strategy, manifest.application) : null;
}

function componentMissing(strategy: Strategy, application: string): Refusal {
  const lacks = strategy === 'full' ? `any of ${Component.options.join(', ')}` : `a '${strategy}' section`;
  const message = `The manifest of ${application} does not have ${lacks}: add it with PUT /applications/${application}, or choose another strategy.`;
  return { code: 'component-missing', message };
}

function strategyUnavailable(strategy: Strategy, components: readonly Component[], unavailable: readonly Component[]): Refusal {
  const doable = components.filter((component) => AVAILABLE.includes(component));
  const advice = doable.map((component) => `Ask for strategy ${component}`);
  const byHand = `roll back ${unavailable.join(' and ')} by hand after the runbook`;
  const message =
    `Strategy ${strategy} needs ${unavailable.join(', ')}, which this version does not carry out. ` +
    `${advice.length > 0 ? `${advice.join(', or ')} here and ${byHand}` : `Please ${byHand}`}.`;
  return { code: 'strategy-unavailable', message };
}

/** Whether a component works on hosts: then they are asked, and have to answer. */
export function needsHosts(components: readonly Component[]): boolean {
  return components.some((component) => component !== 'frontend');
}

/** What a request asks for that its strategy cannot do; null: nothing. */
export function requestProblem(
  strategy: Strategy,
  { target, frontend }: Pick<RollbackRequest, 'target' | 'frontend'>,
): Refusal | null {
  if (target && 'time' in target && strategy !== 'frontend')
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
