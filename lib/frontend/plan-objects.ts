import * as z from 'zod/mini';
import { type ChunkCounts, type FrontendTarget, ObjectTotals } from '../contracts.ts';
import { EMPTY_TALLY, Tally, tallied } from '../domain/frontend/tally.ts';
import { decisions } from './decisions.ts';
import { NO_LINES, PlanWriter, PlanWritten } from './plan-writer.ts';
import { type Cursor, progressAt, saveProgress } from './progress.ts';
import { PlanSummary, readSummary, writeSummary } from './summaries.ts';

export type PlanRequest = {
  readonly source: { readonly bucket: string; readonly prefix: string };
  readonly target: FrontendTarget;
  /** Below the prefix. */
  readonly entryPoints: readonly string[];
  /** Folder of the service's bucket that the plan is written to. */
  readonly folder: string;
  readonly cursor?: Cursor | null | undefined;
  readonly until: Date;
  /** Entries a request lists; 1,000 unless told. */
  readonly pageSize?: number;
};

/** What a plan of objects comes to. Of what is counted, up to 10 keys are named. */
const ObjectsSummary = z.extend(PlanSummary, {
  totals: ObjectTotals,
  /** Objects of the target that exist no more. They are in no chunk. */
  lostCount: z.int(),
  lost: z.array(z.string()),
  /** Objects of the target that lie in an archive. They are in no chunk. */
  archivedCount: z.int(),
  archived: z.array(z.string()),
  /** Objects that were written and removed in one second, so that which came last is not known. They are kept. */
  ambiguousCount: z.int(),
  ambiguous: z.array(z.string()),
});
type ObjectsSummary = z.infer<typeof ObjectsSummary>;

export type PlannedObjects = { state: 'PENDING'; cursor: Cursor } | ({ state: 'READY' } & ObjectsSummary);

const Progress = z.object({ tally: Tally, lastKey: z.string(), written: PlanWritten });

/**
 * Compares a bucket with its target and writes down what has to change, in chunks; nothing is changed. At `until` it stops between two
 * keys: PENDING, and the same request with `cursor` goes on. Once it is READY the plan stands: asked again, it is answered from what
 * was written, as the bucket may have been changed by it. Throws `BucketUnusable`, `ManifestUnreadable`, `StorageUnavailable`.
 */
export async function planObjects(request: PlanRequest): Promise<PlannedObjects> {
  const { source, target, folder, cursor, until, pageSize } = request;
  const made = await readSummary(folder, ObjectsSummary);
  if (made !== null) return { state: 'READY', ...made };
  const progress = await progressAt(folder, cursor, Progress);
  const writer = await PlanWriter.open(folder, { ...request, ...source }, progress?.written ?? NO_LINES);
  let tally = progress?.tally ?? EMPTY_TALLY;
  for await (const decision of decisions({ source, target, after: progress?.lastKey, pageSize })) {
    tally = tallied(tally, decision);
    if (decision.action === 'copy' || decision.action === 'remove') await writer.add(decision);
    if (Date.now() < until.getTime()) continue;
    const stopped = { tally, lastKey: decision.key, written: await writer.stop() };
    return { state: 'PENDING', cursor: await saveProgress(folder, cursor, stopped) };
  }
  const summary = summaryOf(tally, await writer.finish());
  await writeSummary(folder, summary);
  return { state: 'READY', ...summary };
}

function summaryOf({ totals, lost, archived, ambiguous }: Tally, chunks: ChunkCounts): ObjectsSummary {
  return {
    totals,
    chunks,
    lostCount: lost.count,
    lost: lost.examples,
    archivedCount: archived.count,
    archived: archived.examples,
    ambiguousCount: ambiguous.count,
    ambiguous: ambiguous.examples,
  };
}
