import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallFaults } from './call-faults.ts';
import { jsonAnswer, readRequest, sendAnswer, type WireAnswer, type WireRequest } from './http.ts';
import type { Iam, Identity } from './iam.ts';
import { decodeRequest, encodeError, isForm } from './protocols.ts';
import { AwsError, type Call, type Operation, type Service } from './service.ts';
import { parseAuthorization, type SignatureHeader, verifySignature } from './sigv4.ts';

/** 16 MiB and some room: DynamoDB's largest request; each service has narrower limits of its own. */
const BODY_LIMIT = 17 * 1024 * 1024;

/** A service whose operations are told apart by method and path, such as Lambda's. */
export interface RestService {
  readonly scope: string;
  /** Largest body in bytes where it isn't the usual limit. */
  readonly bodyLimit?: number;
  /** Throws `AwsError`; `refuse` gives it the service's own form. */
  handle(request: WireRequest, caller: Identity): Promise<WireAnswer>;
  /** `request` is absent when it was too large to be read. */
  refuse(error: AwsError, request?: WireRequest): WireAnswer;
  /** Answers a request that carries no signature; `undefined` for one that is not for this service. */
  handleUnsigned?(request: WireRequest): Promise<WireAnswer | undefined>;
  close?(): Promise<void>;
}

/** What is served: may grow after the port is known, since functions are told the endpoint. */
export interface Served {
  iam: Iam;
  services: readonly Service[];
  restServices: readonly RestService[];
  /** Failures of calls that tests ask for. */
  faults?: CallFaults;
}

export interface LaptopServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 (`port` 0: any) and answers every request by the service its signature is scoped to. */
export async function listen(port: number, served: () => Served): Promise<LaptopServer> {
  const server = createServer((request, response) => {
    void respond(request, response, served());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, close: () => closeServer(server) };
}

async function respond(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const rest = restServiceOf(request, served);
  try {
    await sendAnswer(response, await answer(await readRequest(request, rest?.bodyLimit ?? BODY_LIMIT), served));
  } catch (error) {
    if (response.headersSent) return;
    // The rest of a body that is too large is not waited for.
    response.setHeader('connection', 'close');
    const refused = asAwsError(error);
    await sendAnswer(response, rest?.refuse(refused) ?? jsonAnswer(refused.status, { message: refused.message }));
  }
}

/** The service that a request is for by what it says, before its body is read and anything verified. */
function restServiceOf({ headers }: IncomingMessage, { restServices }: Served): RestService | undefined {
  const scope = /\/([^/,]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1];
  return restServices.find((service) => service.scope === scope);
}

async function answer(request: WireRequest, served: Served): Promise<WireAnswer> {
  const header = parseHeader(request);
  if (header instanceof AwsError) return encodeError('json', request, header);
  if (!header) return answerUnsigned(request, served);
  const rest = served.restServices.find((service) => service.scope === header.scope);
  if (rest) return answerRest(rest, request, header, served.iam);
  const service = served.services.find((candidate) => candidate.scope === header.scope);
  if (service) return answerRpc(service, request, header, served);
  const known = [...served.services, ...served.restServices].map(({ scope }) => scope).sort();
  const message = `the laptop AWS has no service '${header.scope}'; it has: ${known.join(', ')}`;
  // Its protocol isn't known either; a form is a sign of the query protocol.
  return encodeError(isForm(request) ? 'query' : 'json', request, new AwsError('UnknownServiceException', message, 404));
}

function parseHeader(request: WireRequest): SignatureHeader | AwsError | undefined {
  try {
    return parseAuthorization(request.headers.authorization);
  } catch (error) {
    return asAwsError(error);
  }
}

async function answerUnsigned(request: WireRequest, served: Served): Promise<WireAnswer> {
  const open = request.headers['x-amz-target'] ? [] : served.restServices;
  for (const service of open) {
    const answered = await service.handleUnsigned?.(request);
    if (answered) return answered;
  }
  const message = 'Request is missing Authentication Token';
  return encodeError('json', request, new AwsError('MissingAuthenticationTokenException', message, 403));
}

async function answerRest(service: RestService, request: WireRequest, header: SignatureHeader, iam: Iam): Promise<WireAnswer> {
  try {
    return await service.handle(request, await verifySignature(request, header, iam.find));
  } catch (error) {
    return service.refuse(asAwsError(error), request);
  }
}

async function answerRpc(
  service: Service,
  request: WireRequest,
  header: SignatureHeader,
  { iam, faults }: Served,
): Promise<WireAnswer> {
  try {
    const caller = await verifySignature(request, header, iam.find);
    const exchange = decodeRequest(service, request);
    const call: Call = {
      operation: exchange.operation,
      caller,
      authorize: (action, resources, context) => iam.authorize(caller, action, resources, context),
    };
    try {
      const run = () => operationOf(service, exchange.operation)(exchange.input, call);
      const struck = { service: service.scope, operation: exchange.operation, input: exchange.input, caller: caller.arn };
      return exchange.answer(await (faults ? faults.carryOut(struck, run) : run()));
    } catch (error) {
      return exchange.refuse(asAwsError(error));
    }
  } catch (error) {
    return encodeError(service.protocol, request, asAwsError(error));
  }
}

function operationOf(service: Service, name: string): Operation {
  const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (operation) return operation;
  throw new AwsError('UnknownOperationException', `${service.scope}: operation ${name} is not one the service uses`, 404);
}

/** A defect of the laptop AWS shows as AWS's own: a 500, with the text that helps to mend it. */
function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  console.error(error);
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
