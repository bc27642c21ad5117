import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError } from './service.ts';

/** One HTTP request as it came, its body read. */
export interface WireRequest {
  readonly method: string;
  /** Still encoded, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A stream's length stands in the headers. */
  readonly body: string | Uint8Array | Readable;
}

/** Reads a request to its end. Throws `RequestEntityTooLargeException` (413) as soon as its body exceeds `limit` bytes. */
export async function readRequest(request: IncomingMessage, limit: number): Promise<WireRequest> {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new AwsError('RequestEntityTooLargeException', 'Request Entity Too Large', 413);
    chunks.push(chunk);
  }
  return {
    method: request.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: joinHeaders(request),
    body: Buffer.concat(chunks),
  };
}

/** Sends an answer with its length, which the answer to a HEAD states itself. */
export async function sendAnswer(response: ServerResponse, { status, headers, body }: WireAnswer): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    response.writeHead(status);
    // Clients may leave before the end.
    await pipeline(body, response).catch(() => response.destroy());
    return;
  }
  if (!response.hasHeader('content-length')) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(body);
}

/** A JSON answer. */
export function jsonAnswer(status: number, body: unknown, headers: WireAnswer['headers'] = {}): WireAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function joinHeaders(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(',')] as const);
  return Object.fromEntries(entries);
}
