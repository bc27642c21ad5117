import { parseXML } from '@aws-sdk/xml-builder';
import type * as z from 'zod';

/** What an element can hold; an array repeats the element, as S3's lists do. */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
const SPECIAL = /[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g;
const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as S3 writes it: control characters as references, even those that XML 1.0 has no place for. */
export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (character) => NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16)};`);
}

/** An element; nothing at all for `undefined`. Dates have a resolution of a second. */
export function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('');
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (typeof value === 'string') return escapeXml(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return `${value.toISOString().slice(0, 19)}.000Z`;
  return Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join('');
}

/** A whole document around elements that are already written. */
export function document(root: string, elements: string, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `${DECLARATION}<${root}${attribute}>${elements}</${root}>`;
}

/** Reads a document by its schema: an object with the root element as its one member. `undefined` when it doesn't fit. */
export function readXml<Schema extends z.ZodType>(body: Buffer, schema: Schema): z.infer<Schema> | undefined {
  try {
    const parsed = schema.safeParse(parseXML(body.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
