import { randomUUID } from 'node:crypto';
import type { WireAnswer } from './http.ts';
import type { AwsError, Service } from './service.ts';

interface Tree {
  [name: string]: Tree | string;
}

/**
 * Decodes the form of the AWS query protocol: `Names.member.1=a` becomes `{ Names: ['a'] }`, `Tags.entry.1.key=k` with
 * `Tags.entry.1.value=v` becomes `{ Tags: { k: 'v' } }`. Every leaf is text.
 */
export function decodeQuery(form: string): Record<string, unknown> {
  const tree: Tree = Object.create(null);
  for (const [path, value] of new URLSearchParams(form)) plant(tree, path.split('.'), value);
  return Object.fromEntries(Object.entries(tree).map(([name, node]) => [name, collapse(node)]));
}

function plant(tree: Tree, [name = '', ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const existing = tree[name];
  const branch: Tree = typeof existing === 'object' ? existing : Object.create(null);
  tree[name] = branch;
  plant(branch, rest, value);
}

function collapse(node: Tree | string): unknown {
  if (typeof node === 'string') return node;
  const { member, entry } = node;
  if (typeof member === 'object') return listOf(member);
  if (typeof entry === 'object') return Object.fromEntries(listOf(entry).map(entryOf));
  const names = Object.keys(node);
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name))) return listOf(node);
  return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, collapse(child)]));
}

function listOf(node: Tree): unknown[] {
  const indexes = Object.keys(node).sort((left, right) => Number(left) - Number(right));
  return indexes.map((index) => collapse(node[index] ?? ''));
}

/** Maps write their entries as `key`/`value`; SNS's message attributes as `Name`/`Value`. */
function entryOf(entry: unknown): [string, unknown] {
  const pair = entry as Readonly<Record<string, unknown>>;
  return [String(pair.key ?? pair.Name), pair.value ?? pair.Value];
}

type ItemNames = NonNullable<Service['itemNames']>;

/** The answer of an operation in XML: lists as `member`s or what the service calls them, a `Map` as `entry`s, dates in ISO 8601. */
export function encodeQueryOutput(
  operation: string,
  output: object,
  service: Pick<Service, 'xmlNamespace' | 'itemNames'>,
): WireAnswer {
  const result = element(`${operation}Result`, output, service.itemNames);
  const metadata = element('ResponseMetadata', { RequestId: randomUUID() });
  const namespace = escapeXml(service.xmlNamespace ?? '');
  return xmlAnswer(200, `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`);
}

/** An error in the query protocol's XML. */
export function encodeQueryError(error: AwsError): WireAnswer {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const body = element('Error', { Type: type, Code: error.code, Message: error.message, ...error.members });
  return xmlAnswer(error.status, `<ErrorResponse>${body}${element('RequestId', randomUUID())}</ErrorResponse>`);
}

function xmlAnswer(status: number, xml: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() }, body: xml };
}

function element(name: string, value: unknown, items: ItemNames = {}): string {
  return value === undefined || value === null ? '' : `<${name}>${content(value, items[name] ?? 'member', items)}</${name}>`;
}

function content(value: unknown, item: string, items: ItemNames): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((member) => element(item, member, items)).join('');
  if (value instanceof Map) return Array.from(value, ([key, member]) => element('entry', { key, value: member }, items)).join('');
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value as object)
    .map(([name, member]) => element(name, member, items))
    .join('');
}

function escapeXml(text: string): string {
  // Characters that XML 1.0 can't hold would make the whole answer unreadable.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the point
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
  return legal.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
