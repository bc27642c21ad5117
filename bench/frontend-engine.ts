/** The engine in a process of its own, as the steps of the state machines use it. Takes one job as JSON, prints one line of JSON. */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { eachOf } from '../lib/at-once.ts';
import type { ChunkCounts, ChunkOutcome, FrontendTarget, ObjectTotals } from '../lib/contracts.ts';
import { ObjectKind } from '../lib/contracts.ts';
import { addOutcomes, chunkRanges, NOTHING_DONE } from '../lib/domain/frontend/chunks.ts';
import { planObjects } from '../lib/frontend/plan-objects.ts';
import { recordManifest } from '../lib/frontend/record-manifest.ts';
import { restoreChunk } from '../lib/frontend/restore-chunk.ts';
import { peakMemory } from './frontend-process.ts';

export type Job =
  /** Writes the manifest of what a bucket holds now. */
  | { readonly work: 'record'; readonly bucket: string; readonly location: string; readonly previous?: string }
  /** Compares a bucket with a target; with `restore`, brings it back too. */
  | {
      readonly work: 'plan' | 'restore';
      readonly bucket: string;
      readonly target: FrontendTarget;
      readonly folder: string;
    };

export interface JobResult {
  /** Milliseconds of each part, without the process's start. */
  readonly planMs?: number;
  readonly restoreMs?: number;
  readonly totals?: ObjectTotals;
  readonly outcome?: ChunkOutcome;
  readonly peakBytes: number;
  /** What it sent, by operation. */
  readonly requests: Readonly<Record<string, number>>;
}

/** As the steps: what takes longer is gone on with. */
const BUDGET_MS = 5 * 60_000;
/** As the machine's Map. */
const CHUNKS_AT_ONCE = 8;

const record = async ({ bucket, location, previous }: Extract<Job, { work: 'record' }>): Promise<void> => {
  const request = { bucket, prefix: '', location, previous };
  let recorded = await recordManifest({ ...request, until: within() });
  while (recorded.state === 'PENDING') recorded = await recordManifest({ ...request, cursor: recorded.cursor, until: within() });
};

const plan = async ({ bucket, target, folder }: Exclude<Job, { work: 'record' }>) => {
  const request = { source: { bucket, prefix: '' }, target, entryPoints: ['index.html'], folder };
  let planned = await planObjects({ ...request, until: within() });
  while (planned.state === 'PENDING') planned = await planObjects({ ...request, cursor: planned.cursor, until: within() });
  if (planned.lostCount > 0) throw new Error(`${planned.lostCount} versions are lost, such as ${planned.lost[0]}`);
  return planned;
};

const restore = async (bucket: string, folder: string, chunks: ChunkCounts): Promise<ChunkOutcome> => {
  let done = NOTHING_DONE;
  for (const kind of ObjectKind.options) {
    const outcomes = await eachOf(chunkRanges(chunks, kind), CHUNKS_AT_ONCE, async ({ first, count }) => {
      let outcome = NOTHING_DONE;
      for (let number = first; number < first + count; number += 1)
        outcome = addOutcomes(outcome, await restoreChunk({ bucket, folder, kind, number }));
      return outcome;
    });
    done = outcomes.reduce(addOutcomes, done);
  }
  return done;
};

const carryOut = async (job: Job): Promise<Omit<JobResult, 'peakBytes' | 'requests'>> => {
  if (job.work === 'record') {
    await record(job);
    return {};
  }
  const started = performance.now();
  const { totals, chunks } = await plan(job);
  const plannedAt = performance.now();
  if (job.work === 'plan') return { planMs: plannedAt - started, totals };
  const outcome = await restore(job.bucket, job.folder, chunks);
  return { planMs: plannedAt - started, restoreMs: performance.now() - plannedAt, totals, outcome };
};

const within = (): Date => new Date(Date.now() + BUDGET_MS);

/** Counts every request that leaves this process, repeated ones too. */
const countRequests = (): Record<string, number> => {
  const requests: Record<string, number> = {};
  subscribe('http.client.request.start', (message) => {
    const operation = operationOf((message as { request: ClientRequest }).request);
    requests[operation] = (requests[operation] ?? 0) + 1;
  });
  return requests;
};

const operationOf = (request: ClientRequest): string => {
  const { method, path } = request;
  if (method === 'PUT') return request.hasHeader('x-amz-copy-source') ? 'CopyObject' : 'PutObject';
  if (method !== 'GET') return { HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? method;
  if (/[?&]versions/.test(path)) return 'ListObjectVersions';
  return path.includes('list-type=2') ? 'ListObjectsV2' : 'GetObject';
};

const requests = countRequests();
carryOut(JSON.parse(process.argv[2] ?? '') as Job).then((done) => {
  console.log(JSON.stringify({ ...done, peakBytes: peakMemory(), requests } satisfies JobResult));
});
