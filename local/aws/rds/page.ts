import { type Input, invalid, readNumber, readText } from './requests.ts';

/** One page of a listing, 20 to 100 items, and the `Marker` of the next. The marker is the number of items before it. */
export function page<Item>(items: readonly Item[], input: Input): { readonly items: readonly Item[]; readonly Marker?: string } {
  const size = input.MaxRecords === undefined ? 100 : readNumber(input.MaxRecords, 'MaxRecords');
  if (size < 20 || size > 100) throw invalid(`Invalid value ${size} for MaxRecords. Must be between 20 and 100`);
  const start = input.Marker === undefined ? 0 : Number(readText(input.Marker, 'Marker'));
  const end = start + size;
  return { items: items.slice(start, end), ...(end < items.length && { Marker: String(end) }) };
}
