import { randomUUID } from 'node:crypto';
import { cbor, tag } from '@smithy/core/cbor';
import type { WireAnswer, WireRequest } from './http.ts';
import { decodeQuery, encodeQueryError, encodeQueryOutput } from './query-protocol.ts';
import { AwsError, type Service } from './service.ts';

/** A decoded request, with the two ways to answer it in the protocol it came in. */
export interface Exchange {
  readonly operation: string;
  readonly input: unknown;
  answer(output: object | undefined): WireAnswer;
  refuse(error: AwsError): WireAnswer;
}

/**
 * Decodes a request to `service`. Timestamps in the input are epoch seconds in JSON and CBOR, ISO 8601 text in the query
 * protocol; `Date` values in an answer are written as each protocol has them. Throws `AwsError` when it can't be decoded.
 */
export function decodeRequest(service: Service, request: WireRequest): Exchange {
  if (speaksQuery(service.protocol, request)) return queryExchange(service, request);
  return request.headers['smithy-protocol'] === 'rpc-v2-cbor' ? cborExchange(request) : jsonExchange(request);
}

/** An error as a service answers it before its operation is known; `protocol` decides its form. */
export function encodeError(protocol: Service['protocol'], request: WireRequest, error: AwsError): WireAnswer {
  if (speaksQuery(protocol, request)) return encodeQueryError(error);
  const isCbor = request.headers['smithy-protocol'] === 'rpc-v2-cbor';
  return isCbor ? cborAnswer(error.status, errorBody(error), error) : jsonError(request, error);
}

export function isForm({ headers }: WireRequest): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}

/** CloudWatch still understands the protocol that it once spoke: an AWS CLI older than its other ones sends it. */
function speaksQuery(protocol: Service['protocol'], request: WireRequest): boolean {
  return protocol === 'query' || (protocol === 'cbor+json' && isForm(request));
}

function jsonExchange(request: WireRequest): Exchange {
  const operation = request.headers['x-amz-target']?.split('.').at(-1);
  if (!operation) throw new AwsError('UnknownOperationException', 'The request has no X-Amz-Target.', 404);
  return {
    operation,
    input: parseJson(request.body),
    answer: (output) => jsonRpcAnswer(request, 200, toJson(output ?? {})),
    refuse: (error) => jsonError(request, error),
  };
}

function jsonRpcAnswer(request: WireRequest, status: number, body: unknown, headers: WireAnswer['headers'] = {}): WireAnswer {
  const type = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
  return { status, headers: { 'content-type': type, 'x-amzn-requestid': randomUUID(), ...headers }, body: JSON.stringify(body) };
}

function jsonError(request: WireRequest, error: AwsError): WireAnswer {
  return jsonRpcAnswer(request, error.status, toJson(errorBody(error)), queryError(request, error));
}

/** Clients of services which once spoke the query protocol (CloudWatch, SQS) ask for its error code beside the shape's name. */
function queryError(request: WireRequest, error: AwsError): Record<string, string> {
  const asked = request.headers['x-amzn-query-mode'] === 'true';
  return asked ? { 'x-amzn-query-error': `${error.code};${error.status < 500 ? 'Sender' : 'Receiver'}` } : {};
}

function cborExchange(request: WireRequest): Exchange {
  const operation = /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1];
  if (!operation) throw new AwsError('UnknownOperationException', `The path ${request.path} names no operation.`, 404);
  return {
    operation,
    input: parseCbor(request.body),
    answer: (output) => cborAnswer(200, output ?? {}),
    refuse: (error) => cborAnswer(error.status, errorBody(error), error),
  };
}

function cborAnswer(status: number, body: unknown, error?: AwsError): WireAnswer {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': randomUUID() };
  const code = error ? { 'x-amzn-query-error': `${error.code};${status < 500 ? 'Sender' : 'Receiver'}` } : {};
  return { status, headers: { ...headers, ...code }, body: cbor.serialize(toCbor(body)) };
}

function queryExchange(service: Service, request: WireRequest): Exchange {
  const { Action: operation, Version: _, ...input } = decodeQuery(request.body.toString('utf8') || request.query);
  if (typeof operation !== 'string') throw new AwsError('MissingAction', 'The request has no Action.');
  return {
    operation,
    input,
    answer: (output) => encodeQueryOutput(operation, output ?? {}, service),
    refuse: encodeQueryError,
  };
}

function errorBody(error: AwsError): Record<string, unknown> {
  return { __type: error.code, message: error.message, ...error.members };
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw Object.assign(new AwsError('SerializationException', 'The body is not valid JSON.'), { cause });
  }
}

function parseCbor(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return fromCbor(cbor.deserialize(body));
  } catch (cause) {
    throw Object.assign(new AwsError('SerializationException', 'The body is not valid CBOR.'), { cause });
  }
}

/** Values as JSON has them: timestamps in epoch seconds, blobs in base64, maps as objects. */
function toJson(value: unknown): unknown {
  return mapValues(value, (leaf) => {
    if (leaf instanceof Date) return leaf.getTime() / 1000;
    if (leaf instanceof Uint8Array) return Buffer.from(leaf).toString('base64');
    return leaf;
  });
}

function toCbor(value: unknown): unknown {
  return mapValues(value, (leaf) => (leaf instanceof Date ? tag({ tag: 1, value: leaf.getTime() / 1000 }) : leaf));
}

function fromCbor(value: unknown): unknown {
  return mapValues(value, (leaf) => (isTag(leaf) ? Number(leaf.value) : leaf));
}

function mapValues(value: unknown, leaf: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, leaf));
  if (value instanceof Map) return mapValues(Object.fromEntries(value), leaf);
  const isPlain = value !== null && typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain || isTag(value)) return leaf(value);
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, mapValues(member, leaf)]));
}

function isTag(value: unknown): value is { readonly tag: number; readonly value: unknown } {
  if (value === null || typeof value !== 'object') return false;
  return 'tag' in value && 'value' in value && Object.getOwnPropertySymbols(value).length > 0;
}
