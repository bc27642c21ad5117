import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credentials } from '../../local/aws/iam.ts';
import type { LaptopAws } from '../../local/aws/laptop.ts';
import { startSmallService } from './package-folder.ts';
import { type SignedRequest, signedFetch } from './signed-fetch.ts';

let aws: LaptopAws;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laptop-'));
  aws = await startSmallService(directory);
});
afterAll(() => aws.close());

const config = (credentials: Credentials) => ({ endpoint: aws.endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
const TABLE = 'small-test-log';

describe('a signature', () => {
  const identity = (more: Partial<SignedRequest> = {}) =>
    signedFetch(`${aws.endpoint}/`, {
      method: 'POST',
      service: 'sts',
      credentials: aws.credentials('viewer'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      ...more,
    });

  it('tells who is calling', async () => {
    expect(await (await identity()).text()).toContain('<Arn>arn:aws:iam::123456789012:user/viewer</Arn>');
  });

  it.each<[string, Partial<SignedRequest>, string]>([
    [
      'a changed body',
      {
        tamper: (request) => {
          request.body = 'Action=GetCallerIdentity&Version=2011-06-16';
        },
      },
      'InvalidSignatureException',
    ],
    [
      'a changed header',
      {
        tamper: ({ headers }) => {
          headers['content-type'] = 'text/plain';
        },
      },
      'InvalidSignatureException',
    ],
    ['an old signature', { signingDate: new Date(Date.now() - 6 * 60_000) }, 'InvalidSignatureException'],
    ['one from the future', { signingDate: new Date(Date.now() + 6 * 60_000) }, 'InvalidSignatureException'],
    ['an unknown key', { credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' } }, 'UnrecognizedClientException'],
  ])('is refused for %s', async (_, more, code) => {
    const response = await identity(more);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain(code);
  });

  it('is refused for another secret', async () => {
    const credentials = { ...aws.credentials('viewer'), secretAccessKey: 'guessed' };
    expect(await (await identity({ credentials })).text()).toContain('InvalidSignatureException');
  });

  it('is refused for a session without its token', async () => {
    const { sessionToken: _, ...session } = aws.iam.assumeRole('arn:aws:iam::123456789012:role/worker-eu-central-1', 'test');
    expect((await identity({ credentials: session })).status).toBe(403);
  });

  it('is needed', async () => {
    const response = await fetch(aws.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSSM.SendCommand' },
      body: '{}',
    });
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('of an unknown service is answered with the known ones', async () => {
    const response = await identity({ service: 'kinesis' });
    expect([response.status, await response.text()]).toEqual([
      404,
      expect.stringContaining("no service 'kinesis'; it has: cloudfront, dynamodb, "),
    ]);
  });

  it('of an unknown operation names it', async () => {
    const response = await identity({ body: 'Action=AssumeRole' });
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('operation AssumeRole is not one')]);
  });
});

describe('DynamoDB', () => {
  it('has the tables and indexes of the template', async () => {
    const client = new DynamoDBClient(config(aws.credentials('admin')));
    await client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'a' }, status: { S: 'open' } } }));
    const { Items } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'by-status',
        KeyConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':s': { S: 'open' } },
      }),
    );
    expect(Items).toEqual([{ pk: { S: 'a' }, status: { S: 'open' } }]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableArn).toBe(`arn:aws:dynamodb:eu-central-1:123456789012:table/${TABLE}`);
  });

  it('answers a failed condition as a modelled error', async () => {
    const client = new DynamoDBClient(config(aws.credentials('admin')));
    const put = () =>
      client.send(
        new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'once' } }, ConditionExpression: 'attribute_not_exists(pk)' }),
      );
    await put();
    await expect(put()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('lets a role write only the keys that its policy names', async () => {
    const role = aws.iam.assumeRole('arn:aws:iam::123456789012:role/worker-eu-central-1', 'test');
    const client = new DynamoDBClient(config(role));
    const put = (pk: string) => client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: pk } } }));
    await put('OWN#2');
    await expect(put('OTHER#2')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const batch = new BatchWriteItemCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: { pk: { S: 'OWN#3' } } } }] } });
    await expect(client.send(batch)).rejects.toThrow(/dynamodb:BatchWriteItem/);
  });

  it('says that it has no transactions', async () => {
    const client = new DynamoDBClient(config(aws.credentials('admin')));
    await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [] }))).rejects.toThrow(/TransactWriteItems/);
  });

  it('keeps its items and the users their keys over a restart', async () => {
    const kept = aws.credentials('admin');
    await aws.close();
    aws = await startSmallService(directory);
    expect(aws.credentials('admin')).toEqual(kept);
    const client = new DynamoDBClient(config(kept));
    await expect(
      client.send(
        new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'once' } }, ConditionExpression: 'attribute_not_exists(pk)' }),
      ),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });
});

it('answers SSM calls of those who may not as AWS does', async () => {
  const client = new SSMClient(config(aws.credentials('viewer')));
  const send = client.send(new SendCommandCommand({ DocumentName: 'none', InstanceIds: ['i-00000000000000001'] }));
  await expect(send).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});
