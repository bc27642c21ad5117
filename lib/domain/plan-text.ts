import type { Plan } from '../contracts.ts';
import { plannedLoss } from './database/loss.ts';
import { describeEstimate } from './estimate.ts';
import { describeRelease } from './naming.ts';

/** A plan for people: Markdown that reads well in a terminal too. */
export function renderPlan(plan: Plan): string {
  return [
    `# Rollback of ${plan.application}: ${describeRelease(plan.from)} -> ${describeRelease(plan.to)}`,
    '',
    `Id: ${plan.rollbackId}`,
    `Strategy: ${plan.strategy} (${plan.components.join(', ')})`,
    `Estimate: ${describeEstimate(plan.estimate)}`,
    ...(plan.database === undefined ? [] : [`Restore: ${restoreOf(plan.database)}`]),
    `Data loss: ${plannedLoss(plan)}`,
    `Approval: ${plan.approvalRequired ? `needed within ${plan.manifest.approval.timeout}` : 'not needed'}`,
    `Expires: ${plan.expiresAt}`,
    ...section('Warnings', plan.warnings, (warning) => `- ${warning}`),
    ...section('Actions', plan.actions, (action, index) => `${index + 1}. ${action}`),
    ...section('Checks', plan.checks, (check) => `- ${check}`),
    ...section('Hosts', plan.waves, ({ index, hosts }) => `- wave ${index + 1}: ${hosts.join(', ')}`),
    '',
  ].join('\n');
}

function restoreOf({ source, restoreTime, window }: NonNullable<Plan['database']>): string {
  return `${source.identifier} to ${restoreTime}, within what RDS can restore: ${window.earliest} to ${window.latest}`;
}

/** What whoever may approve is sent: the plan, and a request that is taken as it stands. */
export function approvalLetter(plan: Plan, expiresAt: string): string {
  const request = { reason: '…', ...(plan.dataLossMinutes !== null && { acknowledgeDataLoss: true }) };
  const known = plan.dataLossMinutes === null ? '' : ' acknowledgeDataLoss says that the loss of data above is known and wanted.';
  return `${renderPlan(plan)}\n\nApprove before ${expiresAt}: POST /rollbacks/${plan.rollbackId}/approve ${JSON.stringify(request)}${known}`;
}

function section<T>(title: string, entries: readonly T[], line: (entry: T, index: number) => string): string[] {
  return entries.length === 0 ? [] : ['', `## ${title}`, ...entries.map(line)];
}
