/** The two shapes of handler that this service has: a state machine step and an HTTP resource, each made once at module scope. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddlewareObj, type MiddyfiedHandler } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import httpRouter, { type Method, type Route } from '@middy/http-router';
import type { APIGatewayProxyEventV2WithIAMAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import { MalformedRequest, TransientFault } from './errors.ts';
import { logger } from './logger.ts';
import { brokenRule, problemAnswer } from './problems.ts';
import { isTransient } from './transient.ts';

type ApiEvent = APIGatewayProxyEventV2WithIAMAuthorizer;
type ApiHandler = MiddyfiedHandler<ApiEvent, APIGatewayProxyStructuredResultV2>;

/** Larger bodies are refused before they are parsed; a manifest is a few kilobytes. */
const LARGEST_BODY = 128 * 1024;

/** Gives every error after which a retry makes sense the one name that the state machines retry. */
const transientFaults = (): MiddlewareObj<unknown, unknown> => ({
  onError: (request) => {
    if (isTransient(request.error)) request.error = new TransientFault(request.error);
  },
});

/**
 * For a step that is started before it is needed (rollback.asl.yml, Plan): `read` makes a first call for the rollback, which loads the
 * SDK's parts and opens the connection. Middy's own warm-up ended with its version 7.7.
 */
export const warmUp = (read: (rollbackId: string) => Promise<unknown>): MiddlewareObj => ({
  before: async ({ event }: { event: unknown }) => {
    if (!(event instanceof Object && 'warmUp' in event)) return undefined;
    await read(String(event.warmUp));
    return {};
  },
});

/**
 * A state machine step (or an event's handler): `event` is parsed by `input`, `run`'s answer is the step's result.
 * @throws what `run` throws; errors that a retry can cure as `TransientFault`
 */
export const step = <S extends z.ZodMiniType, R>(
  input: S,
  run: (input: z.output<S>) => Promise<R>,
): MiddyfiedHandler<unknown, R> =>
  middy<unknown, R>()
    .use(injectLambdaContext(logger))
    .use(transientFaults() as MiddlewareObj<unknown, R>)
    .handler(async (event) => run(input.parse(event)));

/** A request as the endpoints see it. `actor` is the ARN that signed it. */
export interface ApiRequest<B = undefined, Q = undefined> {
  readonly path: Readonly<Record<string, string>>;
  readonly body: B;
  readonly query: Q;
  readonly actor: string;
  readonly idempotencyKey: string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Endpoint<B extends z.ZodMiniType | undefined, Q extends z.ZodMiniType | undefined> {
  readonly method: Method;
  readonly path: string;
  readonly body?: B;
  readonly query?: Q;
  readonly run: (
    request: ApiRequest<B extends z.ZodMiniType ? z.output<B> : undefined, Q extends z.ZodMiniType ? z.output<Q> : undefined>,
  ) => Promise<ApiAnswer>;
}

const answer = ({ status, body, headers }: ApiAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: {
    'content-type': typeof body === 'string' ? 'text/markdown; charset=utf-8' : 'application/json',
    'cache-control': 'no-store',
    ...headers,
  },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const boundedBody = (): MiddlewareObj<ApiEvent> => ({
  before: ({ event }) => {
    if ((event.body?.length ?? 0) > LARGEST_BODY)
      throw new MalformedRequest(413, `The body is larger than ${LARGEST_BODY / 1024} KiB.`);
  },
});

/** One method and path of a resource; body and query are validated before `run` sees them. */
export const endpoint = <B extends z.ZodMiniType | undefined = undefined, Q extends z.ZodMiniType | undefined = undefined>({
  method,
  path,
  body,
  query,
  run,
}: Endpoint<B, Q>): Route<ApiEvent, APIGatewayProxyStructuredResultV2> => {
  const respond = async (event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    const request = {
      path: (event.pathParameters ?? {}) as Record<string, string>,
      body: body?.parse(event.body, { error: brokenRule }),
      query: query?.parse(event.queryStringParameters ?? {}, { error: brokenRule }),
      actor: event.requestContext.authorizer.iam.userArn,
      idempotencyKey: event.headers['idempotency-key'],
    };
    return answer(await run(request as Parameters<typeof run>[0]));
  };
  return {
    method,
    path,
    handler: body
      ? middy<ApiEvent, APIGatewayProxyStructuredResultV2>(respond)
          .use(boundedBody())
          .use(httpJsonBodyParser() as MiddlewareObj<ApiEvent>)
      : respond,
  };
};

/** An HTTP resource: its endpoints behind one function; every error becomes application/problem+json. */
export const resource = (...endpoints: ReturnType<typeof endpoint>[]): ApiHandler =>
  middy<ApiEvent, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger))
    .use({
      onError: (request) => {
        request.response = problemAnswer(request.error, request.event.requestContext.requestId);
        if ((request.response.statusCode ?? 500) >= 500) logger.error('request failed', request.error as Error);
      },
    })
    .handler(httpRouter(endpoints));
