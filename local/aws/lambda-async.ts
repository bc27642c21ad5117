import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackground } from './background.ts';
import { AwsError, type InvocationResult, type InvokeFunction } from './service.ts';

/** Lambda waits one minute, then two, before it retries a failed event; the laptop doesn't keep anybody waiting. */
const RETRY_DELAYS_MS = [250, 500];
/** Lambda backs off from a throttled or failing service from one second up to five minutes. */
const BACKOFF_MS = { first: 100, longest: 5_000 };
/** Lambda's own: six hours, two retries. */
const DEFAULTS = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };

/** What Lambda tells an on-failure destination about an event it gave up. */
interface FailureRecord {
  readonly version: '1.0';
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetriesExhausted' | 'EventAgeExceeded';
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  readonly responseContext?: { readonly statusCode: 200; readonly executedVersion: '$LATEST'; readonly functionError: string };
  readonly responsePayload?: unknown;
}

export interface AsyncOptions {
  /** 0..2 */
  readonly maximumRetryAttempts?: number;
  /** From the moment the event is queued. */
  readonly maximumEventAgeSeconds?: number;
  /** Called once when the event is given up. */
  readonly onFailure?: (record: FailureRecord) => void | Promise<void>;
}

/** Queues an event for a function and answers at once; it is retried and at last given up in the background. */
export type InvokeAsync = (functionArn: string, payload: unknown, options?: AsyncOptions) => void;

export interface AsyncInvocations {
  readonly invokeAsync: InvokeAsync;
  /** Settles when no event waits or runs any more. */
  idle(): Promise<void>;
  /** Drops what waits. */
  close(): Promise<void>;
}

/** Lambda's asynchronous invocation, with its delays shortened to fractions of a second. */
export function createAsyncInvocations(
  invoke: InvokeFunction,
  optionsOf: (functionArn: string) => AsyncOptions = () => ({}),
): AsyncInvocations {
  const background = createBackground();
  return {
    invokeAsync(functionArn, payload, options = {}) {
      const event = { functionArn, payload, ...DEFAULTS, ...optionsOf(functionArn), ...options };
      background.start(deliver(invoke, event, background.signal));
    },
    idle: background.idle,
    close: background.close,
  };
}

type Event = Required<Omit<AsyncOptions, 'onFailure'>> &
  Pick<AsyncOptions, 'onFailure'> & { readonly functionArn: string; readonly payload: unknown };

async function deliver(invoke: InvokeFunction, event: Event, signal: AbortSignal): Promise<void> {
  const expires = Date.now() + event.maximumEventAgeSeconds * 1000;
  let backoff = BACKOFF_MS.first;
  for (let attempts = 0; !signal.aborted; ) {
    const result = await attempt(invoke, event);
    if (result === 'not-run') {
      // Throttling and service errors don't count as attempts; only the event's age ends them.
      if (Date.now() + backoff > expires) return giveUp(event, 'EventAgeExceeded', attempts);
      await sleep(backoff, undefined, { signal });
      backoff = Math.min(backoff * 2, BACKOFF_MS.longest);
      continue;
    }
    if (!result.functionError) return;
    attempts += 1;
    if (attempts > event.maximumRetryAttempts) return giveUp(event, 'RetriesExhausted', attempts, result);
    if (Date.now() > expires) return giveUp(event, 'EventAgeExceeded', attempts, result);
    await sleep(RETRY_DELAYS_MS[attempts - 1] ?? 0, undefined, { signal });
  }
}

async function attempt(invoke: InvokeFunction, event: Event): Promise<InvocationResult | 'not-run'> {
  try {
    return await invoke(event.functionArn, event.payload);
  } catch (error) {
    if (error instanceof AwsError && (error.status === 429 || error.status >= 500)) return 'not-run';
    throw error;
  }
}

async function giveUp(
  event: Event,
  condition: FailureRecord['requestContext']['condition'],
  approximateInvokeCount: number,
  result?: InvocationResult,
): Promise<void> {
  const functionError = result?.functionError;
  await event.onFailure?.({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: { requestId: randomUUID(), functionArn: `${event.functionArn}:$LATEST`, condition, approximateInvokeCount },
    requestPayload: event.payload,
    ...(functionError && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError },
      responsePayload: result.payload,
    }),
  });
}
