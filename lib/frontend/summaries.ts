import * as z from 'zod/mini';
import { readFile, writeFile } from '../aws/s3/files.ts';
import { ChunkCounts } from '../contracts.ts';

const nameOf = (folder: string): string => `${folder}/plan.json`;

/** What every plan says of itself once it is whole. */
export const PlanSummary = z.object({ chunks: ChunkCounts });

/** What a plan comes to; null: there is none, or it is not whole. */
export async function readSummary<S extends typeof PlanSummary>(folder: string, form: S): Promise<z.output<S> | null> {
  const file = await readFile(nameOf(folder));
  return file === null ? null : form.parse(JSON.parse(file.text));
}

/** The last thing that is written of a plan. */
export async function writeSummary(folder: string, summary: object): Promise<void> {
  await writeFile(nameOf(folder), JSON.stringify(summary));
}
