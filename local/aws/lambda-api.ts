import { randomUUID } from 'node:crypto';
import { jsonAnswer, type WireAnswer, type WireRequest } from './http.ts';
import type { Iam } from './iam.ts';
import { type Lambda, PAYLOAD_LIMIT } from './lambda.ts';
import type { InvokeAsync } from './lambda-async.ts';
import type { RestService } from './server.ts';
import { AwsError } from './service.ts';

const ASYNC_PAYLOAD_LIMIT = 1024 * 1024;

/** Lambda's REST API, as far as `aws lambda invoke` needs it. */
export function createLambdaApi(options: {
  readonly lambda: Lambda;
  readonly invokeAsync: InvokeAsync;
  readonly iam: Iam;
}): RestService {
  return {
    scope: 'lambda',
    async handle(request, caller) {
      const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path)?.[1];
      if (request.method !== 'POST' || !name) {
        throw new AwsError(
          'UnknownOperationException',
          `lambda: ${request.method} ${request.path} is not an operation the service uses`,
          404,
        );
      }
      const { arn } = options.lambda.find(decodeURIComponent(name));
      await options.iam.authorize(caller, 'lambda:InvokeFunction', [arn]);
      return invoke(request, arn, options);
    },
    refuse(error) {
      const status = error.code === 'AccessDeniedException' ? 403 : error.status;
      const body = { Type: status < 500 ? 'User' : 'Service', message: error.message, ...error.members };
      return jsonAnswer(status, body, { 'x-amzn-errortype': error.code, 'x-amzn-requestid': randomUUID() });
    },
  };
}

async function invoke(
  request: WireRequest,
  arn: string,
  { lambda, invokeAsync }: { readonly lambda: Lambda; readonly invokeAsync: InvokeAsync },
): Promise<WireAnswer> {
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const headers = { 'x-amzn-requestid': randomUUID(), 'x-amz-executed-version': '$LATEST' };
  if (type === 'DryRun') return { status: 204, headers, body: '' };
  const payload = parsePayload(request.body, type === 'Event' ? ASYNC_PAYLOAD_LIMIT : PAYLOAD_LIMIT);
  if (type === 'Event') {
    invokeAsync(arn, payload);
    return { status: 202, headers, body: '' };
  }
  const result = await lambda.invoke(arn, payload);
  return jsonAnswer(200, result.payload, {
    ...headers,
    ...(result.functionError && { 'x-amz-function-error': result.functionError }),
  });
}

function parsePayload(body: Buffer, limit: number): unknown {
  if (body.length > limit) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      413,
    );
  }
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw Object.assign(new AwsError('InvalidRequestContentException', 'Could not parse request body into json'), { cause });
  }
}
