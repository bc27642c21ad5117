/** Part two: how long the engine takes to plan by time in a bucket with very many versions, and how much memory. */
import { type Bench, type EngineRun, runEngine } from './frontend-contestants.ts';
import type { Write } from './frontend-site.ts';
import type { Requests } from './frontend-store.ts';
import { seconds } from './statistics.ts';

/** How many versions there are to be. */
export interface VersionsSize {
  readonly ofOneKey: number;
  /** Of many keys, each of which has `GENERATIONS`. */
  readonly ofMany: number;
}

export interface VersionsFigures {
  readonly name: string;
  readonly versions: number;
  readonly changed: number;
  /** The whole process. */
  readonly ms: number;
  readonly peakBytes: number;
  readonly requests: Requests;
}

const GENERATIONS = 5;
/** The last generation of one key in so many is written later: a moment before that is one with few changes. */
const FEW = 200;

interface Plan {
  readonly name: string;
  readonly bucket: string;
  readonly versions: number;
  readonly at: Date;
}

export const measureVersions = async (bench: Bench, { ofOneKey, ofMany }: VersionsSize): Promise<VersionsFigures[]> => {
  // A tenth first: memory that grows with the versions would show.
  const plans = [
    ...(await fillOneKey(bench, ofOneKey / 10)),
    ...(await fillOneKey(bench, ofOneKey)),
    ...(await fillManyKeys(bench, ofMany / 10)),
    ...(await fillManyKeys(bench, ofMany)),
  ];
  const figures: VersionsFigures[] = [];
  for (const plan of plans) figures.push(await measure(bench, plan));
  return figures;
};

const measure = async (bench: Bench, { name, bucket, versions, at }: Plan): Promise<VersionsFigures> => {
  const folder = `rollbacks/${bucket}-${at.getTime()}/apply`;
  const ran: EngineRun = await runEngine(bench, { work: 'plan', bucket, target: { kind: 'time', at: at.toISOString() }, folder });
  const { ms, peakBytes, requests, totals } = ran;
  bench.say(`${name}, ${versions} versions: planned in ${seconds(ms)}`);
  return { name, versions, changed: (totals?.copies.objects ?? 0) + (totals?.removals.objects ?? 0), ms, peakBytes, requests };
};

const fillOneKey = async ({ store }: Bench, versions: number): Promise<Plan[]> => {
  const bucket = await store.createBucket('one-key');
  const half = Math.floor(versions / 2);
  const at = await store.fill(
    bucket,
    generation(0, half, () => 'index.html'),
    2,
  );
  await store.fill(
    bucket,
    generation(half, versions, () => 'index.html'),
    1,
  );
  return [{ name: 'one key', bucket, versions, at }];
};

const fillManyKeys = async ({ store }: Bench, versions: number): Promise<Plan[]> => {
  const bucket = await store.createBucket('many-keys');
  const keys = Math.floor(versions / GENERATIONS);
  const keyOf = (index: number) => `assets/${(index % 256).toString(16)}/${index}.js`;
  for (let number = 1; number < GENERATIONS - 1; number += 1)
    await store.fill(bucket, generation(0, keys, keyOf, number), 1 + GENERATIONS - number);
  const before = await store.fill(bucket, generation(0, keys, keyOf, GENERATIONS - 1), 2);
  const few = Math.ceil(keys / FEW);
  const between = await store.fill(bucket, generation(few, keys, keyOf, GENERATIONS), 1);
  await store.fill(bucket, generation(0, few, keyOf, GENERATIONS), 0.5);
  const name = `${keys} keys`;
  return [
    { name: `${name}, few changed`, bucket, versions, at: between },
    { name: `${name}, all changed`, bucket, versions, at: before },
  ];
};

/** One version each of the keys `from` … `to - 1`. */
function* generation(from: number, to: number, keyOf: (index: number) => string, number = 0): Generator<Write> {
  for (let index = from; index < to; index += 1)
    yield { key: keyOf(index), body: `${number || index}`, contentType: 'text/plain', cacheControl: 'no-cache' };
}
