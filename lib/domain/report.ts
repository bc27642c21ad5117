import type { HostState, Plan, Rollback, RollbackEvent } from '../contracts.ts';
import { verifyChain } from './chain.ts';
import { checklist } from './checklist.ts';
import { restoredConfigurations } from './configuration-report.ts';
import { describeLoss } from './database/loss.ts';
import { describeDuration } from './duration.ts';
import { describeEstimate } from './estimate.ts';
import { describeRelease, shortCommit } from './naming.ts';
import { followUps } from './outcome.ts';
import { isOver } from './transitions.ts';

const UNCHANGED: readonly Rollback['status'][] = ['refused', 'rejected', 'expired', 'cancelled'];

/** Nothing was rolled back then: there is nothing to check afterwards. */
function isUnchanged({ status, changed }: Rollback): boolean {
  return UNCHANGED.includes(status) || (status === 'failed' && changed === false);
}

/** One rollback for people, as Markdown: the runbook's log template first, then what the template leaves out. */
export function renderReport(rollback: Rollback, events: readonly RollbackEvent[], plan: Plan | null = null): string {
  const configurations = plan === null ? [] : restoredConfigurations(plan, events);
  return [
    `# Rollback ${rollback.rollbackId}`,
    ['```text', ...template(rollback), '```'].join('\n'),
    facts(rollback).join('\n'),
    ...(rollback.hosts?.length ? ['## Hosts', hostTable(rollback.hosts)] : []),
    ...(configurations.length === 0 ? [] : ['## Configuration', bullets(configurations)]),
    '## Timeline',
    events.map(timelineEntry).join('\n') || 'No events.',
    ...afterwards(rollback, events),
    '## Log',
    chainState(rollback, events),
    '',
  ].join('\n\n');
}

/** The lines of the runbook's template, in its order and with its names. */
function template(rollback: Rollback): string[] {
  const { from, to } = rollback;
  const planned = to === undefined ? '' : ` (planned: ${describeRelease(to)})`;
  const lines: [string, string][] = [
    ['Date', rollback.requestedAt],
    ['Rolled back from', from === undefined ? 'not determined' : describeRelease(from)],
    ['Rolled back to', isUnchanged(rollback) ? `nothing${planned}` : to === undefined ? 'not determined' : describeRelease(to)],
    ['Reason', rollback.reason],
    ['Performed by', rollback.performedBy],
    ['Duration', rollback.durationMs === undefined ? 'not over' : describeDuration(rollback.durationMs)],
    ['Impact', rollback.impact ?? 'not stated'],
    ['Resolution', rollback.resolution ?? rollback.refusal?.message ?? 'not stated'],
    ['Follow-up', inARow(todo(rollback)) || 'none'],
  ];
  return lines.map(([name, value]) => `${name}: ${oneLine(value)}`);
}

/** What is left to do: about what is left over, then in the words of people where there are some, else what the outcome asks for. */
function todo(rollback: Rollback): readonly string[] {
  const { status, followUp, leftOver = [] } = rollback;
  return [...leftOver, ...(followUp.length === 0 && isOver(status) ? followUps({ ...rollback, outcome: status }) : followUp)];
}

/** Sentences in one line. */
function inARow(sentences: readonly string[]): string {
  return sentences.map((each) => each.replace(/\.$/, '')).join('; ');
}

function afterwards(rollback: Rollback, events: readonly RollbackEvent[]): string[] {
  if (!isUnchanged(rollback)) return ['## Post-rollback checklist', checklist(rollback, events).join('\n')];
  return ['## What to do', bullets(todo(rollback))];
}

function bullets(sentences: readonly string[]): string {
  return sentences.map((each) => `- ${markdown(each)}`).join('\n');
}

function facts(rollback: Rollback): string[] {
  const { application, strategy, status, refusal, approvedBy } = rollback;
  const loss = describeLoss(rollback);
  return [
    `- Application: ${application}`,
    `- Strategy: ${strategy}`,
    `- Trigger: ${markdown(describeTrigger(rollback))}`,
    ...(loss === undefined ? [] : [`- Data loss: ${loss}`]),
    ...(approvedBy === undefined ? [] : [`- Approved by: ${markdown(approvedBy)}`]),
    `- Outcome: ${isOver(status) ? status : `not over (${status})`}${refusal === undefined ? '' : ` (${refusal.code}: ${markdown(refusal.message)})`}`,
    `- Estimate: ${describeTime(rollback)}`,
  ];
}

function describeTrigger({ trigger }: Rollback): string {
  if (trigger.type === 'alarm') return `alarm ${trigger.alarmName} at ${trigger.stateTimestamp}: ${trigger.stateReason}`;
  return trigger.type === 'undo' ? `undo of ${trigger.of}` : 'a person';
}

/** The duration runs from the request to the end, so it contains the wait for an approval, which the estimate leaves out. */
function describeTime({ estimate, durationMs, approvedBy }: Rollback): string {
  const took = durationMs === undefined ? 'not over' : `took ${describeDuration(durationMs)}`;
  const waited = approvedBy === undefined ? '' : ', the wait for the approval included';
  return `${estimate === undefined ? 'none' : describeEstimate(estimate)}; ${took}${waited}`;
}

function hostTable(hosts: readonly HostState[]): string {
  const rows = hosts.map(({ id, commit, version, note }) => [
    id,
    version ?? '',
    commit === null ? 'unknown' : shortCommit(commit),
    note,
  ]);
  const cells = rows.map((row) => `| ${row.map((cell) => markdown(cell)).join(' | ')} |`);
  return ['| Host | Version | Commit | Note |', '|---|---|---|---|', ...cells].join('\n');
}

function timelineEntry({ at, phase, type, detail }: RollbackEvent): string {
  const said = Object.entries(detail).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  const reasons = Array.isArray(detail.reasons) ? detail.reasons.map((reason) => `\n  - ${markdown(String(reason))}`) : [];
  const words = said.map(([name, value]) => `${name} ${value}`).join(', ');
  return `- ${at} ${phase}: ${markdown(type)}${words === '' ? '' : ` (${markdown(words)})`}${reasons.join('')}`;
}

function chainState({ status, head }: Rollback, events: readonly RollbackEvent[]): string {
  const state = verifyChain(events, isOver(status) ? head : undefined);
  if (state.intact) return `The log is intact: ${events.length} events, each with the hash of the one before it.`;
  return `**The log is not intact** from event ${state.seq} on: ${state.problem}.`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Texts come from people and machines: none of them may make a table cell, a heading or HTML. */
function markdown(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_[\]|<>&#]/g, (sign) =>
    sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : sign === '&' ? '&amp;' : `\\${sign}`,
  );
}
