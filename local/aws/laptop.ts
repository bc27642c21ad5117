import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CallFaults } from './call-faults.ts';
import { type CloudFrontService, createCloudFront } from './cloudfront/cloudfront.ts';
import { asyncOptionsOf, bucketsOf, documentsOf, machinesOf, permissionsOf, queuesOf, rulesOf } from './definitions.ts';
import { createDynamoDb } from './dynamodb.ts';
import type { HandToFunction } from './event-delivery.ts';
import { createEvents, type EventsService } from './events.ts';
import { createHttpApi } from './http-api.ts';
import { readRoutes } from './http-api-routes.ts';
import { type Credentials, createIam, type Iam } from './iam.ts';
import { createLambda, type Lambda } from './lambda.ts';
import { createLambdaApi } from './lambda-api.ts';
import { type AsyncInvocations, createAsyncInvocations } from './lambda-async.ts';
import { createMonitoring, type MonitoringService } from './monitoring.ts';
import { createRds, type RdsService } from './rds/rds.ts';
import { createS3, type S3Service } from './s3/s3.ts';
import { listen, type RestService, type Served } from './server.ts';
import { AwsError, type PublishEvent, type Service } from './service.ts';
import { createSns, type SnsService } from './sns.ts';
import { createSqs, type SqsService } from './sqs.ts';
import { createSsm, type Ssm } from './ssm.ts';
import { createStates, type States } from './states.ts';
import { createSts } from './sts.ts';
import { loadTemplate, type Template } from './template.ts';
import { addUsers, type User } from './users.ts';

export interface LaptopOptions {
  /** What `serverless package` wrote. */
  readonly packageDirectory: string;
  /** State folder: tables, bundles, logs and keys. Tables and keys in it outlive a restart. */
  readonly directory: string;
  /** 0: any free one. */
  readonly port: number;
  /** Milliseconds that a second of SSM's time-outs lasts; 1000 unless told. */
  readonly secondsMs?: number;
}

/** The running services, for tests and the sample to reach behind the API. */
interface LaptopServices {
  readonly template: Template;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly asyncInvocations: AsyncInvocations;
  readonly dynamodb: Service;
  readonly events: EventsService;
  readonly monitoring: MonitoringService;
  readonly sns: SnsService;
  readonly sqs: SqsService;
  readonly ssm: Ssm;
  readonly states: States;
  readonly s3: S3Service;
  readonly cloudfront: CloudFrontService;
  readonly rds: RdsService;
  readonly api: RestService;
}

export interface LaptopAws extends LaptopServices {
  /** Makes coming calls of the API fail. */
  readonly faults: CallFaults;
  readonly endpoint: string;
  credentials(user: User): Credentials;
  close(): Promise<void>;
}

/** Runs a packaged service: everything its template names, on one port of this machine. */
export async function startLaptopAws(options: LaptopOptions): Promise<LaptopAws> {
  await mkdir(options.directory, { recursive: true });
  // Functions are told the endpoint, so the port is taken before there is anything to serve.
  let served: Served = { iam: createIam([]), services: [], restServices: [] };
  const server = await listen(options.port, () => served);
  try {
    const template = await loadTemplate(options.packageDirectory, server.endpoint);
    const faults = new CallFaults();
    const services = await startServices(options, template, server.endpoint, faults);
    served = { ...serve(services), faults };
    const keys = await addUsers(services.iam, readRoutes(template), options.directory);
    return {
      ...services,
      faults,
      endpoint: server.endpoint,
      credentials: (user) => ({ ...keys[user] }),
      close: () => close(server.close, services),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function startServices(
  options: LaptopOptions,
  template: Template,
  endpoint: string,
  faults: CallFaults,
): Promise<LaptopServices> {
  const { directory, packageDirectory, secondsMs } = options;
  const iam = createIam(template.resources);
  const functions = template.ofType('AWS::Lambda::Function');
  const tables = template.ofType('AWS::DynamoDB::Table');
  const lambda = await createLambda({ packageDirectory, directory, endpoint, functions, iam });
  const sqs = createSqs({ queues: queuesOf(template), endpoint: () => endpoint });
  const asyncInvocations = createAsyncInvocations(lambda.invoke, asyncOptionsOf(template, sqs.send));
  const events = createEvents({
    rules: rulesOf(template),
    invokeAsync: asEventBridge(template, lambda, asyncInvocations),
    queues: sqs,
  });
  const publish: PublishEvent = events.publish;
  const s3 = createS3({ directory, buckets: bucketsOf(template), iam, faults });
  return {
    template,
    iam,
    lambda,
    asyncInvocations,
    events,
    monitoring: createMonitoring({ publish }),
    sns: createSns({ topics: template.ofType('AWS::SNS::Topic'), directory }),
    sqs,
    ssm: createSsm({ directory, documents: documentsOf(template), publish, ...(secondsMs !== undefined && { secondsMs }) }),
    s3,
    cloudfront: createCloudFront({ s3, iam, faults }),
    rds: createRds({ directory }),
    states: createStates({ machines: machinesOf(template, iam), invoke: lambda.invoke, publish }),
    api: createHttpApi({ template, invoke: lambda.invoke, iam }),
    // Last: it starts a thread, which a template refused by one of the others would leave behind.
    dynamodb: await createDynamoDb({ directory: join(directory, 'dynamodb'), tables }),
  };
}

/** EventBridge reaches a function only by a permission on it. */
function asEventBridge(template: Template, lambda: Lambda, { invokeAsync }: AsyncInvocations): HandToFunction {
  const isPermitted = permissionsOf(template, 'events.amazonaws.com');
  return (functionArn, event) => {
    const { arn } = lambda.find(functionArn);
    if (!isPermitted(arn)) throw new AwsError('AccessDeniedException', `no permission lets EventBridge invoke ${arn}`, 403);
    invokeAsync(arn, event);
  };
}

function serve(services: LaptopServices): Served {
  const { iam, lambda, asyncInvocations, dynamodb, events, monitoring, sns, sqs, ssm, states, s3, cloudfront, rds, api } =
    services;
  return {
    iam,
    services: [dynamodb, events, monitoring, rds, sns, sqs, ssm, states, createSts(iam)],
    // S3 first: of unsigned requests it claims those that name a bucket, the API all others.
    restServices: [s3, cloudfront, api, createLambdaApi({ lambda, invokeAsync: asyncInvocations.invokeAsync, iam })],
  };
}

/** What feeds the others ends first. */
async function close(closeServer: () => Promise<void>, services: LaptopServices): Promise<void> {
  await services.monitoring.close();
  await services.states.close?.();
  await services.events.close();
  await services.asyncInvocations.close();
  await closeServer();
  await services.lambda.close();
  await services.cloudfront.close();
  await services.s3.close?.();
  await services.rds.close();
  await Promise.all([services.sqs, services.sns, services.ssm, services.dynamodb].map((service) => service.close?.()));
}
