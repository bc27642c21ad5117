import type { WireRequest } from '../http.ts';
import { S3Error } from './errors.ts';

type Headers = Readonly<Record<string, string>>;

const LINE_END = Buffer.from('\r\n');

/**
 * The body of a request in the `aws-chunked` coding (`x-amz-content-sha256: STREAMING-…`) as it was before, its trailers among
 * the headers; of any other request as it is. The signatures of single chunks are not verified: the request's own was.
 */
export function decodeChunks({ headers, body }: WireRequest): { readonly body: Buffer; readonly headers: Headers } {
  if (!headers['x-amz-content-sha256']?.startsWith('STREAMING-')) return { body, headers };
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const line = readLine(body, position);
    const size = Number.parseInt(line, 16);
    if (!Number.isInteger(size)) throw incomplete();
    position += line.length + LINE_END.length;
    if (size === 0) break;
    if (position + size > body.length) throw incomplete();
    chunks.push(body.subarray(position, position + size));
    position += size + LINE_END.length;
  }
  const decoded = Buffer.concat(chunks);
  const announced = headers['x-amz-decoded-content-length'];
  if (announced !== undefined && Number(announced) !== decoded.length) throw incomplete();
  return { body: decoded, headers: { ...withoutCoding(headers), ...trailersOf(body, position) } };
}

function readLine(body: Buffer, from: number): string {
  const end = body.indexOf(LINE_END, from);
  if (end === -1) throw incomplete();
  return body.toString('latin1', from, end);
}

/** `x-amz-checksum-crc32:…` lines behind the last chunk. */
function trailersOf(body: Buffer, from: number): Headers {
  const lines = body.toString('latin1', from).split('\r\n');
  const pairs = lines.filter((line) => line.includes(':')).map((line) => line.split(/:\s*(.*)/s));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value.trim()]));
}

/** `aws-chunked` is not kept as the object's own encoding. */
function withoutCoding({ 'content-encoding': encoding, ...headers }: Headers): Headers {
  const kept = (encoding ?? '').split(',').filter((coding) => !['', 'aws-chunked'].includes(coding.trim()));
  return kept.length > 0 ? { ...headers, 'content-encoding': kept.join(',').trim() } : headers;
}

const incomplete = () =>
  new S3Error('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header');
