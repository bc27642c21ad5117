/** Pieces of Markdown that the references share. */
import type { explained } from './meanings.ts';

/** Says in the file that it is made. */
export const MADE = '<!-- Made by npm run docs. Change the contracts or docs/*.ts, not this file. -->';

export const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

/** One table row; a bar inside of a cell would end it. */
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export const code = (text: string): string => `\`${text}\``;

const IN_WORDS: readonly string[] = ['required', 'none', 'one of these'];
const words = (fallback: string): string => (IN_WORDS.includes(fallback) ? fallback : code(fallback));

/** A table of a contract's fields. */
export const fieldTable = (fields: ReturnType<typeof explained>): string =>
  table(
    ['Field', 'Type', 'Rule', 'Default', 'Meaning'],
    fields.map(({ path, type, rule, fallback, meaning }) => [code(path), type, rule, words(fallback), meaning]),
  );
