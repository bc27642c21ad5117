import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { ACCOUNT_ID, AwsError, type Call, type Operation, REGION, type Service } from './service.ts';
import type { Resource } from './template.ts';

type AttributeValue = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, AttributeValue>>;

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

const ITEM_OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'DescribeTable'];
const BATCH_OPERATIONS = ['BatchGetItem', 'BatchWriteItem'];

/**
 * DynamoDB with the template's tables: dynalite in a thread of its own, its data in `directory`, asked only after the caller's
 * policies allowed the table or index and the partition keys (`dynamodb:LeadingKeys`). It has no transactions.
 */
export async function createDynamoDb(options: {
  readonly directory: string;
  readonly tables: readonly Resource[];
}): Promise<Service> {
  await mkdir(options.directory, { recursive: true });
  const dynalite = await startDynalite(options.directory);
  await Promise.all(options.tables.map((table) => createTable(dynalite.ask, table)));
  const tables = new Map(options.tables.map((table) => [table.name, table]));

  const onTable: Operation = async (input, call) => {
    await authorizeTable(input, call, tables);
    return dynalite.ask(call.operation, input);
  };
  const onBatch: Operation = async (input, call) => {
    await authorizeBatch(input, call, tables);
    return dynalite.ask(call.operation, input);
  };
  const listTables: Operation = async (input, call) => {
    await call.authorize('dynamodb:ListTables', ['*']);
    return dynalite.ask('ListTables', input);
  };
  const each = (names: readonly string[], operation: Operation) => names.map((name) => [name, operation] as const);

  return {
    scope: 'dynamodb',
    protocol: 'json',
    operations: Object.fromEntries([
      ...each(ITEM_OPERATIONS, onTable),
      ...each(BATCH_OPERATIONS, onBatch),
      ['ListTables', listTables] as const,
    ]),
    close: dynalite.close,
  };
}

type Ask = (operation: string, input: object) => Promise<object>;

async function startDynalite(directory: string): Promise<{ ask: Ask; close(): Promise<void> }> {
  const worker = new Worker(new URL('./dynamodb-thread.ts', import.meta.url), {
    workerData: { directory },
    env: { AWS_ACCOUNT_ID: ACCOUNT_ID, AWS_REGION: REGION },
  });
  const [port] = (await once(worker, 'message')) as [number];
  const agent = new Agent({ keepAlive: true });
  return {
    ask: (operation, input) => ask(agent, port, operation, input),
    async close() {
      agent.destroy();
      const exited = once(worker, 'exit');
      worker.postMessage('close');
      await exited;
    },
  };
}

/** Every step of a rollback makes several calls: by `fetch` they were a seventh of all that this process did in one. */
async function ask(agent: Agent, port: number, operation: string, input: object): Promise<object> {
  const asked = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // dynalite only wants to see these; the request was verified before it came here.
      'x-amz-date': '20200101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=laptop/20200101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=laptop`,
    },
  });
  asked.end(JSON.stringify(input));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = (await json(response)) as Record<string, unknown>;
  if (response.statusCode === 200) return body;
  const { __type, message, Message, ...members } = body;
  const code = String(__type).split('#').at(-1) ?? 'InternalServerError';
  throw new AwsError(code, String(message ?? Message ?? ''), response.statusCode, members);
}

async function createTable(ask: Ask, table: Resource): Promise<void> {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = table.properties;
  try {
    await ask('CreateTable', {
      TableName: table.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions,
      KeySchema,
      ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(onDemandIndex) }),
      ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }),
    });
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ResourceInUseException') throw error;
    await refuseOtherKeys(ask, table);
  }
}

function onDemandIndex({ IndexName, KeySchema, Projection }: Record<string, unknown>): object {
  return { IndexName, KeySchema, Projection };
}

/** A kept table whose keys are not the template's any more would fail later, and obscurely. */
async function refuseOtherKeys(ask: Ask, table: Resource): Promise<void> {
  const { Table } = (await ask('DescribeTable', { TableName: table.name })) as { Table: Record<string, unknown> };
  const shape = (keys: Record<string, unknown>) => {
    const indexes = (keys.GlobalSecondaryIndexes ?? []) as readonly Record<string, unknown>[];
    return [keys.KeySchema, Object.fromEntries(indexes.map((index) => [String(index.IndexName), index.KeySchema]))];
  };
  if (isDeepStrictEqual(shape(Table), shape(table.properties))) return;
  throw new Error(
    `${table.logicalId}: the kept table ${table.name} has other keys or indexes; remove the state folder to start anew`,
  );
}

// biome-ignore lint/suspicious/noExplicitAny: requests of many operations; only the named members are read
type Request = any;

async function authorizeTable(input: Request, call: Call, tables: ReadonlyMap<string, Resource>): Promise<void> {
  const table = tableOf(String(input.TableName), tables);
  const arn = input.IndexName === undefined ? table.arn : `${table.arn}/index/${input.IndexName}`;
  const keys = leadingKeys(input, partitionKey(table, input.IndexName));
  const context = {
    ...(keys.length > 0 && { 'dynamodb:LeadingKeys': keys }),
    ...(input.ReturnValues && { 'dynamodb:ReturnValues': String(input.ReturnValues) }),
    ...(input.Select && { 'dynamodb:Select': String(input.Select) }),
  };
  await call.authorize(`dynamodb:${call.operation}`, [arn], context);
}

async function authorizeBatch(input: Request, call: Call, tables: ReadonlyMap<string, Resource>): Promise<void> {
  for (const [name, asked] of Object.entries<Request>(input.RequestItems ?? {})) {
    const table = tableOf(name, tables);
    const key = partitionKey(table, undefined);
    const items: Item[] = asked.Keys ?? asked.map((write: Request) => write.PutRequest?.Item ?? write.DeleteRequest?.Key);
    const keys = items.map((item) => textOf(item[key]));
    await call.authorize(`dynamodb:${call.operation}`, [table.arn], { 'dynamodb:LeadingKeys': [...new Set(keys)] });
  }
}

function tableOf(nameOrArn: string, tables: ReadonlyMap<string, Resource>): Resource {
  const table = tables.get(nameOrArn.split('/').at(-1) ?? nameOrArn);
  if (!table) throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${nameOrArn} not found`);
  return table;
}

function partitionKey(table: Resource, indexName: unknown): string {
  const indexes = [...(table.properties.GlobalSecondaryIndexes ?? []), ...(table.properties.LocalSecondaryIndexes ?? [])];
  const index = indexes.find((candidate: Request) => candidate.IndexName === indexName);
  const schema: readonly KeyElement[] = (index ?? table.properties).KeySchema;
  return schema.find((element) => element.KeyType === 'HASH')?.AttributeName ?? '';
}

function leadingKeys(input: Request, key: string): readonly string[] {
  const item: Item | undefined = input.Key ?? input.Item;
  if (item?.[key]) return [textOf(item[key])];
  const condition = input.KeyConditions?.[key]?.AttributeValueList?.[0] ?? conditionValue(input, key);
  return condition ? [textOf(condition)] : [];
}

/** The value which a key condition expression demands of the partition key, as in `#pk = :pk AND …`. */
function conditionValue(input: Request, key: string): AttributeValue | undefined {
  for (const [, name = '', value = ''] of String(input.KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
    if ((input.ExpressionAttributeNames?.[name] ?? name) === key) return input.ExpressionAttributeValues?.[value];
  }
  return undefined;
}

function textOf(value: AttributeValue | undefined): string {
  return String(value?.S ?? value?.N ?? value?.B ?? '');
}
