import { jsonAnswer, type WireAnswer, type WireRequest } from './http.ts';
import { toEvent } from './http-api-event.ts';
import { findRoute, type Match, type Route, readRoutes } from './http-api-routes.ts';
import type { Iam, Identity } from './iam.ts';
import type { RestService } from './server.ts';
import { ACCOUNT_ID, AwsError, type InvocationResult, type InvokeFunction, REGION } from './service.ts';
import type { Template } from './template.ts';

/** Bytes that API Gateway accepts as a body. */
const BODY_LIMIT = 10 * 1024 * 1024;

const CONDITIONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export interface HttpApiOptions {
  readonly template: Template;
  readonly invoke: InvokeFunction;
  readonly iam: Iam;
}

/**
 * The template's HTTP API (payload format 2.0), at the root of the endpoint. A refusal is as bare as API Gateway's; the header
 * `x-laptop-reason` says what API Gateway would keep to itself.
 */
export function createHttpApi(options: HttpApiOptions): RestService {
  const routes = readRoutes(options.template);
  const handle = async (request: WireRequest, caller: Identity | undefined): Promise<WireAnswer> => {
    const match = findRoute(routes, request);
    if (!match) throw new AwsError('NotFoundException', 'no route matches', 404);
    if (request.body.length > BODY_LIMIT) throw new AwsError('RequestEntityTooLargeException', 'the body exceeds 10 MB', 413);
    if (match.route.isSigned) await authorize(match, request, caller, options.iam);
    return answerOf(
      await invoke(match.route, toEvent(request, match, match.route.isSigned ? caller : undefined), options.invoke),
    );
  };
  return {
    scope: 'execute-api',
    handle,
    handleUnsigned: (request) => handle(request, undefined).catch((error: unknown) => refuse(error)),
    refuse,
  };
}

async function authorize(match: Match, request: WireRequest, caller: Identity | undefined, iam: Iam): Promise<void> {
  if (!caller) throw new AwsError('MissingAuthenticationTokenException', 'the request is not signed', 403);
  const { apiId, stage } = match.route;
  const resource = `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/${request.method}${match.path}`;
  await iam.authorize(caller, 'execute-api:Invoke', [resource]);
}

async function invoke(route: Route, event: object, invokeFunction: InvokeFunction): Promise<InvocationResult> {
  if (!route.isPermitted) {
    throw new AwsError(
      'InternalFailure',
      `${route.key}: no AWS::Lambda::Permission lets API Gateway invoke ${route.functionArn}`,
      500,
    );
  }
  const timer = Promise.withResolvers<never>();
  const late = new AwsError('ServiceUnavailableException', `the function took longer than ${route.timeoutMs} ms`, 503);
  const timeout = setTimeout(() => timer.reject(late), route.timeoutMs);
  try {
    return await Promise.race([invokeFunction(route.functionArn, event), timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

interface ProxyResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

function answerOf({ payload, functionError }: InvocationResult): WireAnswer {
  if (functionError) throw new AwsError('InternalFailure', `the function failed: ${JSON.stringify(payload)}`, 500);
  if (!isProxyResponse(payload)) return jsonAnswer(200, payload ?? null);
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded } = payload;
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=utf-8',
      ...Object.fromEntries(given),
      ...(cookies && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

function isProxyResponse(payload: unknown): payload is ProxyResponse {
  if (payload === null || typeof payload !== 'object' || !('statusCode' in payload)) return false;
  if (!Number.isInteger(payload.statusCode))
    throw new AwsError('InternalFailure', 'the function answered no valid statusCode', 500);
  return true;
}

function refuse(error: unknown): WireAnswer {
  const { status, reason } = asRefusal(error);
  const shown = status in CONDITIONS ? status : 500;
  // Header values hold visible ASCII only.
  const header = reason.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 1000);
  return jsonAnswer(shown, { message: CONDITIONS[shown] }, { 'x-laptop-reason': header });
}

const AUTHENTICATION_ERRORS = new Set([
  'AccessDeniedException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

function asRefusal(error: unknown): { readonly status: number; readonly reason: string } {
  if (!(error instanceof AwsError)) {
    console.error(error);
    return { status: 500, reason: String(error) };
  }
  const isLambdas = error.code === 'TooManyRequestsException' || error.code === 'ServiceException';
  const status = AUTHENTICATION_ERRORS.has(error.code) ? 403 : isLambdas ? 500 : error.status;
  return { status, reason: `${error.code}: ${error.message}` };
}
