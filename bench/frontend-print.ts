/** The figures of the frontend as tables. */
import { DISTANCE_MS, type FrontendResult } from './frontend.ts';
import { aimsOf } from './frontend-aims.ts';
import { type Check, faultsOf } from './frontend-check.ts';
import type { ContestResult, Figures } from './frontend-contest.ts';
import { costOf, requestCost } from './frontend-cost.ts';
import type { GrowthFigures } from './frontend-growth.ts';
import type { ServiceResult } from './frontend-service.ts';
import { fatesOf } from './frontend-site.ts';
import type { Requests } from './frontend-store.ts';
import type { VersionsFigures } from './frontend-versions.ts';
import { seconds, table } from './statistics.ts';

export const printFrontend = (result: FrontendResult): string => {
  const { contest, service, distant, versions, growth } = result;
  const parts = [
    describeSite(contest),
    contestTable(`${contest.size.changed} changed objects`, contest, service),
    ...(distant ? [contestTable(`the same, answers ${DISTANCE_MS} ms late`, distant)] : []),
    operationTable(contest, service),
    recordingTable(contest, service),
    versionsTable(versions),
    growthTable(growth),
    ...(service ? [costTable(service)] : []),
    aimTable(result),
  ];
  return `\n${parts.join('\n\n')}\n`;
};

export const sumOf = (requests: Requests): number => Object.values(requests).reduce((sum, count) => sum + count, 0);

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;
const dollars = (amount: number): string => `$${amount.toFixed(5)}`;

const describeSite = ({ size }: ContestResult): string => {
  const { replacedAlike, replaced, metadata, removed, added } = fatesOf(size);
  return `A site of ${size.objects} objects, of which the bad release replaced ${replacedAlike + replaced} (${replacedAlike} by others of the same size), removed ${removed},
changed ${metadata} in their Cache-Control alone, and to which it added ${added}.`;
};

const contestTable = (title: string, { size, standings }: ContestResult, service?: ServiceResult): string => {
  const rows = [...standings, ...(service ? [asStanding(service)] : [])];
  const best = rows[0]?.medianMs ?? Number.NaN;
  const head = [title, 'time', 'ratio', 'requests', 'each', 'S3 requests', 'memory', 'afterwards'];
  return table([
    head,
    ...rows.map(({ name, medianMs, requests, peakBytes, check }) => [
      name,
      seconds(medianMs),
      (medianMs / best).toFixed(2),
      sumOf(requests),
      (sumOf(requests) / size.changed).toFixed(2),
      dollars(requestCost(requests)),
      peakBytes > 0 ? megabytes(peakBytes) : '-',
      verdict(check),
    ]),
  ]);
};

const asStanding = ({ medianMs, usage: { requests }, check }: ServiceResult) => ({
  name: 'service, until site-right',
  medianMs,
  requests,
  peakBytes: 0,
  check,
});

const verdict = (check: Check): string => faultsOf(check).join(', ') || 'right';

const operationTable = ({ standings }: ContestResult, service?: ServiceResult): string => {
  const rows = [...standings, ...(service ? [asStanding(service)] : [])];
  const operations = [...new Set(rows.flatMap(({ requests }) => Object.keys(requests)))].sort();
  const head = ['requests by operation', ...operations];
  return table([head, ...rows.map(({ name, requests }) => [name, ...operations.map((operation) => requests[operation] ?? 0)])]);
};

const recordingTable = ({ recordings }: ContestResult, service?: ServiceResult): string => {
  const row = ({ name, medianMs, requests, peakBytes }: Figures) => [
    name,
    seconds(medianMs),
    sumOf(requests),
    megabytes(peakBytes),
  ];
  const byService = service
    ? Object.entries(service.recordMs).map(([name, ms]) => [`${name} manifest, by the service`, seconds(ms), '-', '-'])
    : [];
  return table([['recording a release', 'time', 'requests', 'memory'], ...recordings.map(row), ...byService]);
};

const versionsTable = (figures: readonly VersionsFigures[]): string => {
  const head = ['plan by time', 'versions', 'changed', 'time', 'listing requests', 'all requests', 'memory'];
  const rows = figures.map(({ name, versions, changed, ms, requests, peakBytes }) => [
    name,
    versions,
    changed,
    seconds(ms),
    requests.ListObjectVersions ?? 0,
    sumOf(requests),
    megabytes(peakBytes),
  ]);
  return table([head, ...rows]);
};

const growthTable = (figures: readonly GrowthFigures[]): string => {
  const head = ['changed objects', 'time', 'objects/s', 'requests', 'each', 'memory', 'recording before'];
  const rows = figures.map(({ changed, medianMs, requests, peakBytes, recordMs }) => [
    changed,
    seconds(medianMs),
    Math.round(changed / (medianMs / 1000)),
    sumOf(requests),
    (sumOf(requests) / changed).toFixed(2),
    megabytes(peakBytes),
    seconds(recordMs),
  ]);
  return table([head, ...rows]);
};

const costTable = ({ usage }: ServiceResult): string => {
  const cost = costOf(usage);
  return table([
    ['one rollback by the service', 'used', 'cost'],
    ['S3 requests', sumOf(usage.requests), dollars(cost.requests)],
    ['Lambda, GB-s', usage.gigabyteSeconds.toFixed(1), dollars(cost.functions)],
    ['state transitions', usage.transitions, dollars(cost.transitions)],
    ['together', '', dollars(cost.total)],
  ]);
};

const aimTable = (result: FrontendResult): string =>
  table([['aim', 'measured', ''], ...aimsOf(result).map(({ aim, measured, met }) => [aim, measured, met ? 'met' : 'missed'])]);
