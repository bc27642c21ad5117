import type { FlowObservation, Manifest } from '../contracts.ts';

const TIMEOUT_MS = 5000;
const MAX_BODY = 1024 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Ends the observation of a flow, and goes no further than its words. */
class RedirectedTooOften extends Error {
  override readonly name = 'RedirectedTooOften';
}

type Flow = Manifest['health']['flows'][number];

/**
 * Whether one of the application's addresses answers as its manifest says, within 5 s in all. Follows up to three redirects,
 * unless a redirect is what is expected, and reads the first 1 MB of the body. Never throws: a site that can't be reached is an
 * observation too.
 */
export async function observeFlow(flow: Flow): Promise<FlowObservation> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let status: number | null = null;
  try {
    const response = await open(flow, signal);
    status = response.status;
    const problem = status === flow.status ? await problemOfBody(flow, response) : `answered ${status} instead of ${flow.status}`;
    await response.body?.cancel().catch(() => undefined);
    return { url: flow.url, good: problem === null, status, problem };
  } catch (error) {
    return {
      url: flow.url,
      good: false,
      status,
      problem: signal.aborted ? `did not answer within ${TIMEOUT_MS / 1000} s` : describe(error),
    };
  }
}

async function open(flow: Flow, signal: AbortSignal): Promise<Response> {
  let url = flow.url;
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url, { signal, redirect: 'manual', headers: { 'user-agent': 'rollback-service' } });
    const location = response.headers.get('location');
    if (response.status === flow.status || !REDIRECTS.includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) throw new RedirectedTooOften(`redirected more than ${MAX_REDIRECTS} times`);
    url = new URL(location, url).href;
  }
}

async function problemOfBody({ contains }: Flow, response: Response): Promise<string | null> {
  if (contains === undefined) return null;
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    size += chunk.length;
    if (text.includes(contains)) return null;
    if (size >= MAX_BODY) break;
  }
  return `does not contain "${contains}"${size >= MAX_BODY ? ' in its first 1 MB' : ''}`;
}

/** fetch hides the reason, such as ECONNREFUSED, in its error's cause. */
function describe(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
  return `could not be reached: ${reason}`;
}
