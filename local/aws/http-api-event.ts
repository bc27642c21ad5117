import { randomUUID } from 'node:crypto';
import type { WireRequest } from './http.ts';
import type { Match } from './http-api-routes.ts';
import type { Identity } from './iam.ts';
import { ACCOUNT_ID } from './service.ts';

/** The bodies that API Gateway hands on as text; all others it encodes in base64. */
const TEXT_TYPES = /^(text\/.*|application\/(json|javascript|xml|.*\+json|.*\+xml))(;.*)?$/i;

/** The event of payload format 2.0 for a request; `caller` is whoever signed it, where the route asks for that. */
export function toEvent(request: WireRequest, match: Match, caller: Identity | undefined): object {
  const { cookie, authorization: _, ...headers } = request.headers;
  const query = new URLSearchParams(request.query);
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath: match.path,
    rawQueryString: request.query,
    ...(cookie && { cookies: cookie.split(/; */) }),
    headers: caller ? headers : request.headers,
    ...(query.size > 0 && { queryStringParameters: joinRepeated(query) }),
    ...(Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    requestContext: requestContext(request, match, caller),
    ...bodyOf(request),
  };
}

function requestContext(request: WireRequest, match: Match, caller: Identity | undefined): object {
  const now = new Date();
  const domainName = request.headers.host ?? '127.0.0.1';
  return {
    accountId: ACCOUNT_ID,
    apiId: match.route.apiId,
    ...(caller && { authorizer: { iam: iamOf(caller) } }),
    domainName,
    domainPrefix: domainName.split('.')[0],
    http: {
      method: request.method,
      path: match.path,
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey: match.route.key,
    stage: match.route.stage,
    time: logTime(now),
    timeEpoch: now.getTime(),
  };
}

function iamOf(caller: Identity): object {
  return {
    accessKey: caller.accessKeyId,
    accountId: ACCOUNT_ID,
    callerId: caller.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: caller.userId,
  };
}

function joinRepeated(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

function bodyOf({ body, headers }: WireRequest): object {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT_TYPES.test(headers['content-type'] ?? 'text/plain');
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

/** `22/Nov/2026:19:11:00 +0000` */
function logTime(date: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
