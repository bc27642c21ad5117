import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEvents } from '../../local/aws/events.ts';
import { createIam } from '../../local/aws/iam.ts';
import { createMonitoring } from '../../local/aws/monitoring.ts';
import { type LaptopServer, listen } from '../../local/aws/server.ts';
import { REGION } from '../../local/aws/service.ts';
import { createSns } from '../../local/aws/sns.ts';
import { createSqs } from '../../local/aws/sqs.ts';
import { signedFetch } from './signed-fetch.ts';

const TOPIC = { name: 'notifications', arn: `arn:aws:sns:${REGION}:123456789012:notifications` };
const RULE = {
  name: 'all',
  arn: `arn:aws:events:${REGION}:123456789012:rule/all`,
  eventPattern: { account: ['123456789012'] },
  targets: [],
};

const sqs = createSqs({ queues: [] });
const events = createEvents({ rules: [RULE], invokeAsync: () => undefined, queues: sqs });
const monitoring = createMonitoring({ publish: events.publish });
const sns = createSns({ topics: [TOPIC] });
const iam = createIam([]);
const credentials = iam.addUser('operator', [{ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }]);
let server: LaptopServer;
let options: { endpoint: string; region: string; credentials: typeof credentials };

beforeAll(async () => {
  server = await listen(0, () => ({ iam, services: [monitoring, events, sns, sqs], restServices: [] }));
  options = { endpoint: server.endpoint, region: REGION, credentials };
});
afterAll(async () => {
  await Promise.all([server.close(), monitoring.close(), events.close()]);
});

it('answers the CloudWatch client', async () => {
  const client = new CloudWatchClient(options);
  const alarm = { AlarmName: 'app-5xx', Namespace: 'App', MetricName: '5xx', Statistic: 'Sum' } as const;
  const rule = { Period: 10, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' } as const;
  await client.send(new PutMetricAlarmCommand({ ...alarm, ...rule }));
  const datum = {
    MetricName: '5xx',
    Timestamp: new Date(Date.now() - 10_000),
    StorageResolution: 1,
    Values: [2, 3],
    Counts: [1, 2],
  };
  await client.send(new PutMetricDataCommand({ Namespace: 'App', MetricData: [datum] }));
  monitoring.evaluate();
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['app-5xx'] }));
  expect(MetricAlarms).toMatchObject([{ StateValue: 'ALARM', StateUpdatedTimestamp: expect.any(Date) }]);
  expect(JSON.parse(MetricAlarms?.[0]?.StateReasonData ?? '')).toMatchObject({ recentDatapoints: [8] });
  expect(events.published()).toMatchObject([{ source: 'aws.cloudwatch', detail: { alarmName: 'app-5xx' } }]);
  const unknown = new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'drill' });
  await expect(client.send(unknown)).rejects.toMatchObject({ name: 'ResourceNotFound' });
});

it('answers the query protocol that older clients of CloudWatch speak', async () => {
  const ask = async (body: string) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const answer = await signedFetch(server.endpoint, { method: 'POST', headers, body, service: 'monitoring', credentials });
    return { status: answer.status, text: await answer.text() };
  };
  expect(await ask('Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=none')).toMatchObject({
    status: 200,
    text: expect.stringMatching(/^<DescribeAlarmsResponse xmlns="http:..monitoring.*<MetricAlarms><.MetricAlarms>/),
  });
  expect(await ask('Action=SetAlarmState&AlarmName=none&StateValue=OK&StateReason=drill')).toMatchObject({
    status: 404,
    text: expect.stringContaining('<Code>ResourceNotFound</Code>'),
  });
});

it('answers the EventBridge client', async () => {
  const client = new EventBridgeClient(options);
  const entry = { Source: 'rollback', DetailType: 'Rollback Status Changed', Detail: '{}', Time: new Date(0) };
  const answer = await client.send(new PutEventsCommand({ Entries: [entry, { ...entry, Source: 'aws.s3' }] }));
  expect(answer).toMatchObject({
    FailedEntryCount: 1,
    Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'NotAuthorizedForSourceException' }],
  });
  expect(events.published().at(-1)?.time).toBe('1970-01-01T00:00:00Z');
  expect((await client.send(new ListRulesCommand({}))).Rules).toMatchObject([{ Name: 'all', State: 'ENABLED' }]);
});

it('answers the SNS client', async () => {
  const client = new SNSClient(options);
  const MessageAttributes = { rollback: { DataType: 'String', StringValue: 'r-1' } };
  const { MessageId } = await client.send(
    new PublishCommand({ TopicArn: TOPIC.arn, Subject: 'Done', Message: 'x', MessageAttributes }),
  );
  expect(sns.messages(TOPIC.arn)).toMatchObject([{ messageId: MessageId, attributes: { rollback: 'r-1' } }]);
  await expect(client.send(new PublishCommand({ TopicArn: `${TOPIC.arn}s`, Message: 'x' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});
