// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Fn::Sub's placeholders
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { type LaptopAws, startLaptopAws } from '../../local/aws/laptop.ts';

const ALL_OF_THE_FUNCTION = `
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({});
let count = 0;
export const handler = async (event, context) => {
  count += 1;
  switch (event.do) {
    case 'throw': { class Refused extends Error { name = 'Refused'; } throw new Refused(event.message); }
    case 'loop': for (;;);
    case 'sleep': await new Promise((resolve) => setTimeout(resolve, event.ms)); return 'slept';
    case 'fill': { const kept = []; for (let i = 0; ; i += 1) kept.push({ i, text: 'text ' + i }); }
    case 'exit': process.exit(3);
    case 'big': return 'x'.repeat(7 * 1024 * 1024);
    case 'environment': return process.env;
    case 'log': console.log('hello from the function'); return null;
    case 'put': return client.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { pk: { S: event.pk } } })).then(() => 'put');
    case 'get': return (await client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { pk: { S: event.pk } } }))).Item ?? null;
    default: return { event, count, id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() };
  }
};
`;

const sub = (text: string) => ({ 'Fn::Sub': text });
const lambda = (name: string, properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: name,
    Code: { S3Bucket: 'x', S3Key: `serverless/test/${name}.zip` },
    Handler: 'functions/worker.handler',
    Role: { 'Fn::GetAtt': ['WorkerRole', 'Arn'] },
    Timeout: 1,
    MemorySize: 128,
    Environment: { Variables: { TABLE: { Ref: 'LogTable' }, MACHINE: { Ref: 'Machine' } } },
    ...properties,
  },
});
const permission = (logicalId: string, service: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: { 'Fn::GetAtt': [logicalId, 'Arn'] },
    Action: 'lambda:InvokeFunction',
    Principal: `${service}.amazonaws.com`,
  },
});
const route = (key: string, type = 'AWS_IAM') => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: 'Api' },
    RouteKey: key,
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
    AuthorizationType: type,
  },
});

/** The resources of a small service: one function, its table, a machine, a rule and an API. */
export const RESOURCES = {
  LogTable: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: sub('${AWS::StackName}-log'),
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'status', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-status',
          KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    },
  },
  WorkerRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: { 'Fn::Join': ['-', ['worker', { Ref: 'AWS::Region' }]] },
      ManagedPolicyArns: [sub('arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole')],
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['dynamodb:PutItem', 'dynamodb:GetItem'],
                Resource: { 'Fn::GetAtt': ['LogTable', 'Arn'] },
                Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['OWN#*'] } },
              },
              { Effect: 'Allow', Action: 'dynamodb:Query', Resource: sub('${LogTable.Arn}/index/*') },
            ],
          },
        },
      ],
    },
  },
  MachineRole: { Type: 'AWS::IAM::Role', Properties: { Policies: [] } },
  WorkerLambdaFunction: lambda('worker'),
  ShyLambdaFunction: lambda('shy', { ReservedConcurrentExecutions: 1, Timeout: 20, MemorySize: 64 }),
  ShyEvents: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      FunctionName: { Ref: 'ShyLambdaFunction' },
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } },
    },
  },
  DeadLetters: { Type: 'AWS::SQS::Queue' },
  Pager: { Type: 'AWS::SNS::Topic' },
  WorkerApiPermission: permission('WorkerLambdaFunction', 'apigateway'),
  WorkerEventPermission: permission('WorkerLambdaFunction', 'events'),
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'machine',
      RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] },
      DefinitionString: {
        'Fn::Sub': [
          '{"StartAt":"Work","States":{"Work":{"Type":"Pass","Result":"${function}","End":true}}}',
          { function: { 'Fn::GetAtt': ['WorkerLambdaFunction', 'Arn'] } },
        ],
      },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } },
  Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: '$default' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationUri: { 'Fn::GetAtt': ['WorkerLambdaFunction', 'Arn'] }, PayloadFormatVersion: '2.0' },
  },
  GetRollback: route('GET /rollbacks/{id}'),
  Health: route('GET /health', 'NONE'),
  PostRollback: route('POST /applications/{application}/rollbacks'),
  Approve: route('POST /rollbacks/{id}/approve'),
  Cancel: route('POST /rollbacks/{id}/cancel'),
};

/** Writes what `serverless package` would for `resources`, and answers the folder. */
export async function writePackage(resources: object = RESOURCES): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'package-'));
  await mkdir(folder, { recursive: true });
  const bundle = await build({
    stdin: { contents: ALL_OF_THE_FUNCTION, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['@aws-sdk/*'],
  });
  const zip = zipSync({ 'functions/worker.mjs': bundle.outputFiles[0]?.contents ?? new Uint8Array() });
  await writeFile(join(folder, 'worker.zip'), zip);
  await writeFile(join(folder, 'shy.zip'), zip);
  await writeFile(join(folder, 'cloudformation-template-update-stack.json'), JSON.stringify({ Resources: resources }));
  await writeFile(
    join(folder, 'serverless-state.json'),
    JSON.stringify({ service: { service: 'small', provider: { stage: 'test' } } }),
  );
  return folder;
}

/** Starts the small service on a port of its own. */
export async function startSmallService(directory?: string): Promise<LaptopAws> {
  return startLaptopAws({
    packageDirectory: await writePackage(),
    directory: directory ?? (await mkdtemp(join(tmpdir(), 'laptop-'))),
    port: 0,
  });
}
