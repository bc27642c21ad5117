/**
 * The part of curl that a health check uses, run as `curl` on machines without one:
 * `-s -S -f -L -o <file> -w <format with %{http_code}, %{time_total}> --max-time <s> --connect-timeout <s> --max-filesize <bytes>
 * -H <header> [--url] <url>`. Options that change nothing here are read and left: `-q -g --noproxy --proto`.
 * Exit codes are curl's: 2 usage, 7 no connection, 22 an error status with `-f`, 28 time-out, 63 too large.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

class CurlError extends Error {
  override readonly name = 'CurlError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

const options = {
  silent: { type: 'boolean', short: 's' },
  'show-error': { type: 'boolean', short: 'S' },
  fail: { type: 'boolean', short: 'f' },
  location: { type: 'boolean', short: 'L' },
  output: { type: 'string', short: 'o' },
  'write-out': { type: 'string', short: 'w' },
  'max-time': { type: 'string', short: 'm' },
  'connect-timeout': { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  'max-filesize': { type: 'string' },
  url: { type: 'string' },
  disable: { type: 'boolean', short: 'q' },
  globoff: { type: 'boolean', short: 'g' },
  noproxy: { type: 'string' },
  proto: { type: 'string' },
} as const;

function read(args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [url, ...more] = [...(values.url === undefined ? [] : [values.url]), ...positionals];
    if (url === undefined || more.length > 0) throw new TypeError('one URL is read');
    return { ...values, url: url.includes('://') ? url : `http://${url}` };
  } catch (error) {
    throw new CurlError(2, error instanceof Error ? error.message : String(error));
  }
}

type Request = ReturnType<typeof read>;

function headersOf(lines: readonly string[] = []): [string, string][] {
  return lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

async function get(request: Request): Promise<{ status: number; body: Buffer }> {
  const limit = Number(request['max-time'] ?? request['connect-timeout'] ?? 300) * 1000;
  try {
    const response = await fetch(request.url, {
      headers: headersOf(request.header),
      redirect: request.location ? 'follow' : 'manual',
      signal: AbortSignal.timeout(limit),
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (body.length > Number(request['max-filesize'] ?? Number.POSITIVE_INFINITY))
      throw new CurlError(63, 'Maximum file size exceeded');
    return { status: response.status, body };
  } catch (error) {
    if (error instanceof CurlError) throw error;
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new CurlError(28, `Operation timed out after ${limit} milliseconds`);
    throw new CurlError(7, `Failed to connect to ${request.url}`);
  }
}

function writeOut(format: string, status: number): void {
  const code = String(status).padStart(3, '0');
  const seconds = (performance.now() / 1000).toFixed(6);
  const text = format.replaceAll(/%\{(?:http_code|response_code)\}/g, code).replaceAll('%{time_total}', seconds);
  process.stdout.write(text.replaceAll('\\n', '\n'));
}

async function main(): Promise<void> {
  const request = read(process.argv.slice(2));
  let status = 0;
  try {
    const answer = await get(request);
    status = answer.status;
    if (request.fail && status >= 400) throw new CurlError(22, `The requested URL returned error: ${status}`);
    if (request.output) writeFileSync(request.output, answer.body);
    else process.stdout.write(answer.body);
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    if (!request.silent || request['show-error']) console.error(`curl: (${error.exitCode}) ${error.message}`);
    process.exitCode = error.exitCode;
  }
  if (request['write-out'] !== undefined) writeOut(request['write-out'], status);
}

await main().catch((error: unknown) => {
  console.error(`curl: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof CurlError ? error.exitCode : 1;
});
