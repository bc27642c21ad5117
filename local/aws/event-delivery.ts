import { setTimeout as sleep } from 'node:timers/promises';
import { createBackground } from './background.ts';
import { AwsError } from './service.ts';
import type { SendToQueue } from './sqs.ts';

const DEFAULT_EVENT_AGE_SECONDS = 86_400;
const DEFAULT_RETRY_ATTEMPTS = 185;
/** EventBridge backs off over minutes; on a laptop nobody waits that long to see a dead letter. */
const BACKOFF_MS = { first: 200, longest: 10_000 };

/** An event as targets get it. */
export interface DeliveredEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** Whole seconds: `2026-01-02T03:04:05Z`. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** One target of a rule, as the template has it. */
export interface EventTarget {
  readonly id: string;
  readonly arn: string;
  /** What the target gets in place of the event. */
  readonly input?: unknown;
  readonly retryPolicy?: { readonly MaximumEventAgeInSeconds?: number; readonly MaximumRetryAttempts?: number };
  readonly deadLetterArn?: string;
}

/**
 * Hands an event, or what a target gets in its place, to a function's asynchronous queue: throws or rejects when Lambda doesn't take it. What the function then
 * makes of it is Lambda's to retry, not EventBridge's.
 */
export type HandToFunction = (functionArn: string, payload: unknown) => unknown;

export interface DeliveryOptions {
  readonly invokeAsync: HandToFunction;
  readonly queues: { readonly send: SendToQueue };
  readonly now: () => Date;
  /** Pauses before a retry, in ms; given for tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** Brings events to targets in the background. */
export interface Deliveries {
  deliver(ruleArn: string, target: EventTarget, event: DeliveredEvent): void;
  /** Settles when nothing is on its way any more. */
  idle(): Promise<void>;
  /** Drops what waits for a retry. */
  close(): Promise<void>;
}

interface Delivery {
  readonly ruleArn: string;
  readonly target: EventTarget;
  readonly event: DeliveredEvent;
  /** ms */
  readonly startedAt: number;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retries: number;
  /** Absent when a retry would have made no sense. */
  readonly exhausted?: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds';
}

/** EventBridge's delivery: retries within the target's policy, then the dead-letter queue, if it has one. */
export function createDeliveries(options: DeliveryOptions): Deliveries {
  const background = createBackground();
  const { signal } = background;
  const wait = options.wait ?? ((milliseconds: number) => sleep(milliseconds, undefined, { signal }));

  const run = async (delivery: Delivery): Promise<void> => {
    // The one who published goes on first, as with the real bus.
    await Promise.resolve();
    for (let retries = 0; !signal.aborted; retries += 1) {
      const error = await attempt(options.invokeAsync, delivery);
      if (error === undefined) return;
      const pause = backoff(retries);
      const failure = finalFailure(delivery, error, retries, options.now().getTime() + pause);
      if (failure) return bury(options.queues.send, delivery, failure);
      await wait(pause);
    }
  };

  return {
    deliver(ruleArn, target, event) {
      background.start(run({ ruleArn, target, event, startedAt: options.now().getTime() }));
    },
    idle: background.idle,
    close: background.close,
  };
}

async function attempt(hand: HandToFunction, { target, event }: Delivery): Promise<{ readonly error: unknown } | undefined> {
  try {
    await hand(target.arn, target.input ?? event);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function backoff(retries: number): number {
  return Math.min(BACKOFF_MS.first * 2 ** retries, BACKOFF_MS.longest);
}

/** Undefined while another attempt is allowed at `nextAt` (ms). */
function finalFailure(
  delivery: Delivery,
  { error }: { readonly error: unknown },
  retries: number,
  nextAt: number,
): Failure | undefined {
  const { MaximumEventAgeInSeconds: age, MaximumRetryAttempts: most } = delivery.target.retryPolicy ?? {};
  const failure = { ...describe(error), retries };
  if (isPermanent(error)) return failure;
  if (retries >= (most ?? DEFAULT_RETRY_ATTEMPTS)) return { ...failure, exhausted: 'MaximumRetryAttempts' };
  if (nextAt > delivery.startedAt + (age ?? DEFAULT_EVENT_AGE_SECONDS) * 1000) {
    return { ...failure, exhausted: 'MaximumEventAgeInSeconds' };
  }
  return undefined;
}

/** A missing permission or target goes to the dead-letter queue without a retry. */
function isPermanent(error: unknown): boolean {
  return error instanceof AwsError && ['AccessDeniedException', 'ResourceNotFoundException'].includes(error.code);
}

const ERROR_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'NO_PERMISSIONS',
  ResourceNotFoundException: 'NO_RESOURCE',
  TooManyRequestsException: 'THROTTLING',
};

function describe(error: unknown): Pick<Failure, 'code' | 'message'> {
  const code = error instanceof AwsError ? ERROR_CODES[error.code] : undefined;
  return { code: code ?? 'ERROR_FROM_TARGET', message: error instanceof Error ? error.message : String(error) };
}

function bury(send: SendToQueue, { ruleArn, target, event }: Delivery, failure: Failure): void {
  if (target.deadLetterArn === undefined) return;
  send(target.deadLetterArn, JSON.stringify(event), {
    RULE_ARN: ruleArn,
    TARGET_ARN: target.arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    RETRY_ATTEMPTS: String(failure.retries),
    ...(failure.exhausted && { EXHAUSTED_RETRY_CONDITION: failure.exhausted }),
  });
}
