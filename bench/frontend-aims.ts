/** What was to be reached, beside what was. */
import type { FrontendResult } from './frontend.ts';
import type { Standing } from './frontend-contest.ts';
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

export const aimsOf = ({ contest: { size, standings }, versions }: FrontendResult): Aim[] => {
  const [engine, ...others] = standings;
  if (!engine) throw new RangeError('nobody was measured');
  const tools = others.filter(({ name }) => name.startsWith('rclone'));
  return [...requestAims(engine, size), ...tools.map((tool) => speedAim(engine, tool)), memoryAim(versions)];
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

const speedAim = (engine: Standing, tool: Standing): Aim => {
  const ratio = tool.medianMs / engine.medianMs;
  return {
    aim: `${LEAST_RATIO} times faster than ${tool.name}`,
    measured: `${ratio.toFixed(1)} times`,
    met: ratio >= LEAST_RATIO,
  };
};

const memoryAim = (versions: readonly VersionsFigures[]): Aim => {
  const peakBytes = Math.max(...versions.map((figures) => figures.peakBytes));
  const most = Math.max(...versions.map((figures) => figures.versions));
  const measured = `${Math.round(peakBytes / MEGABYTE)} MB`;
  return { aim: `${most} versions within ${MOST_MEGABYTES} MB`, measured, met: peakBytes <= MOST_MEGABYTES * MEGABYTE };
};
