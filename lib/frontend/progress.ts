import * as z from 'zod/mini';
import { readFile, writeFile } from '../aws/s3/files.ts';
import { PlanFileMissing } from '../errors.ts';

/** Where work goes on that one invocation could not finish: the number of a file that says all the rest. */
export type Cursor = Record<string, unknown>;
const Part = z.object({ part: z.int() });

const nameOf = (folder: string, part: number): string => `${folder}/progress-${part}.json`;

/** What was written down at a cursor; null: the work has not begun. Throws `PlanFileMissing`. */
export async function progressAt<S extends z.ZodMiniType>(folder: string, cursor: Cursor | null | undefined, form: S) {
  if (cursor === null || cursor === undefined) return null;
  const name = nameOf(folder, Part.parse(cursor).part);
  const file = await readFile(name);
  if (file === null) throw new PlanFileMissing(name);
  return form.parse(JSON.parse(file.text));
}

/** Writes down where the work stands, and answers the cursor that follows the one it came from. */
export async function saveProgress(folder: string, cursor: Cursor | null | undefined, progress: unknown): Promise<Cursor> {
  const part = cursor === null || cursor === undefined ? 0 : Part.parse(cursor).part + 1;
  await writeFile(nameOf(folder, part), JSON.stringify(progress));
  return { part };
}
