import type { Plan } from '../contracts.ts';
import { describeEstimate } from './estimate.ts';
import { count, describeRelease } from './naming.ts';

/** A plan for people: Markdown that reads well in a terminal too. */
export function renderPlan(plan: Plan): string {
  return [
    `# Rollback of ${plan.application}: ${describeRelease(plan.from)} -> ${describeRelease(plan.to)}`,
    '',
    `Id: ${plan.rollbackId}`,
    `Strategy: ${plan.strategy} (${plan.components.join(', ')})`,
    `Estimate: ${describeEstimate(plan.estimate)}`,
    `Data loss: ${plan.dataLossMinutes === null ? 'none' : `the last ${count(plan.dataLossMinutes, 'minute')} of writes`}`,
    `Approval: ${plan.approvalRequired ? `needed within ${plan.manifest.approval.timeout}` : 'not needed'}`,
    `Expires: ${plan.expiresAt}`,
    ...section('Warnings', plan.warnings, (warning) => `- ${warning}`),
    ...section('Actions', plan.actions, (action, index) => `${index + 1}. ${action}`),
    ...section('Checks', plan.checks, (check) => `- ${check}`),
    ...section('Hosts', plan.waves, ({ index, hosts }) => `- wave ${index + 1}: ${hosts.join(', ')}`),
    '',
  ].join('\n');
}

function section<T>(title: string, entries: readonly T[], line: (entry: T, index: number) => string): string[] {
  return entries.length === 0 ? [] : ['', `## ${title}`, ...entries.map(line)];
}
