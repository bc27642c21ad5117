/** Part three: how the engine's time, requests and memory grow with the objects that have to be brought back. */
import { faultsOf } from './frontend-check.ts';
import { measureContest, type Standing } from './frontend-contest.ts';
import { type Bench, CONTESTANTS } from './frontend-contestants.ts';

export interface GrowthFigures extends Standing {
  readonly changed: number;
  /** Recording the good release. */
  readonly recordMs: number;
}

/** Each a site in which every object was changed, brought back by its manifest. */
export const measureGrowth = async (bench: Bench, sizes: readonly number[]): Promise<GrowthFigures[]> => {
  const figures: GrowthFigures[] = [];
  for (const changed of sizes) {
    const { standings, recordings } = await measureContest(bench, CONTESTANTS.slice(0, 1), { objects: changed, changed }, 1);
    const [standing] = standings;
    if (!standing) throw new Error('the engine is no contestant');
    const faults = faultsOf(standing.check);
    if (faults.length > 0) throw new Error(`${changed} changed objects were not brought back: ${faults.join(', ')}`);
    figures.push({ ...standing, changed, recordMs: recordings[0]?.medianMs ?? Number.NaN });
  }
  return figures;
};
