import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { vi } from 'vitest';

const INDEXES = { byApplication: 'application', byStatus: 'status', byActor: 'performedBy', byDay: 'day' };
const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });
const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

/** Both tables, empty, in a DynamoDB of this process; the environment leads the service's clients to it. */
export async function startTables(): Promise<{ stop(): Promise<void> }> {
  const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('LOG_TABLE', 'rollback-log');
  vi.stubEnv('REGISTRY_TABLE', 'rollback-registry');
  await makeTables();
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { stop };
}

async function makeTables(): Promise<void> {
  const client = new DynamoDBClient();
  const table = { KeySchema: keys('pk', 'sk'), BillingMode: 'PAY_PER_REQUEST' as const };
  const indexes = Object.entries(INDEXES).map(([IndexName, attribute]) => ({
    IndexName,
    KeySchema: keys(attribute, 'at'),
    Projection: { ProjectionType: 'ALL' as const },
  }));
  const attributes = ['pk', 'sk', 'at', ...Object.values(INDEXES)].map(text);
  await client.send(
    new CreateTableCommand({
      TableName: 'rollback-log',
      ...table,
      AttributeDefinitions: attributes,
      GlobalSecondaryIndexes: indexes,
    }),
  );
  await client.send(
    new CreateTableCommand({ TableName: 'rollback-registry', ...table, AttributeDefinitions: [text('pk'), text('sk')] }),
  );
  client.destroy();
  // dynalite answers CREATING for a moment even when it takes no time.
  await new Promise((resolve) => setTimeout(resolve, 50));
}
