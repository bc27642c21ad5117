/** What was to be reached, beside what was. */
import { DISTANCE_MS, type FrontendResult } from './frontend.ts';
import type { ContestResult, Standing } from './frontend-contest.ts';
import { fatesOf, type SiteSize } from './frontend-site.ts';
import type { VersionsFigures } from './frontend-versions.ts';

const PAGE = 1000;
const LEAST_RATIO = 3;
const MOST_MEGABYTES = 256;
const MEGABYTE = 1024 ** 2;

export interface Aim {
  readonly aim: string;
  readonly measured: string;
  readonly met: boolean;
}

export const aimsOf = ({ contest, distant, versions }: FrontendResult): Aim[] => {
  const [engine] = contest.standings;
  if (!engine) throw new RangeError('nobody was measured');
  return [
    ...requestAims(engine, contest.size),
    ...speedAims(contest, ''),
    ...(distant ? speedAims(distant, `, answers ${DISTANCE_MS} ms late`) : []),
    memoryAim(versions),
  ];
};

const requestAims = ({ name, requests }: Standing, size: SiteSize): Aim[] => {
  const { added } = fatesOf(size);
  const { CopyObject: copies = 0, ListObjectVersions: listings = 0, HeadObject: heads = 0 } = requests;
  const [mostCopies, mostListings] = [size.changed - added, Math.ceil((size.objects + size.changed) / PAGE)];
  return [
    { aim: `${name}: a copy request a changed object`, measured: `${copies} for ${mostCopies}`, met: copies <= mostCopies },
    {
      aim: `${name}: a listing request 1,000 versions`,
      measured: `${listings} for ${mostListings}`,
      met: listings <= mostListings,
    },
    { aim: `${name}: none for an unchanged object`, measured: `${heads} of objects`, met: heads === 0 },
  ];
};

const speedAims = ({ standings: [engine, ...others] }: ContestResult, where: string): Aim[] =>
  others
    .filter(({ name }) => name.startsWith('rclone'))
    .map(({ name, medianMs }) => {
      const ratio = medianMs / (engine?.medianMs ?? Number.NaN);
      const aim = `${LEAST_RATIO} times faster than ${name}${where}`;
      return { aim, measured: `${ratio.toFixed(1)} times`, met: ratio >= LEAST_RATIO };
    });

/** Of the bucket with the most versions; of the smallest for comparison, as memory is to be flat. */
const memoryAim = (versions: readonly VersionsFigures[]): Aim => {
  const [least, most] = [versions.toSorted((a, b) => a.versions - b.versions).at(0), largest(versions)];
  const measured = `${megabytes(most.peakBytes)}, of ${least?.versions} ${megabytes(least?.peakBytes ?? 0)}`;
  const aim = `${most.versions} versions within ${MOST_MEGABYTES} MB`;
  return { aim, measured, met: most.peakBytes <= MOST_MEGABYTES * MEGABYTE };
};

/** That which took the most memory of those with the most versions. */
const largest = (versions: readonly VersionsFigures[]): VersionsFigures => {
  const [first] = versions.toSorted((a, b) => b.versions - a.versions || b.peakBytes - a.peakBytes);
  if (!first) throw new RangeError('no plan was measured');
  return first;
};

const megabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`;
