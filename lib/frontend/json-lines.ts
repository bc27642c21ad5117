import type * as z from 'zod/mini';

/** The lines of a file, each of which is JSON of this form. Throws what JSON or the form says of a line that is not. */
export function readLines<S extends z.ZodMiniType>(text: string, form: S): z.output<S>[] {
  return linesOf(text).map((line) => form.parse(JSON.parse(line)));
}

/** The lines of a file, unread. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

export function writeLines(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
