import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIam } from '../../local/aws/iam.ts';
import { decodeQuery } from '../../local/aws/query-protocol.ts';
import { type LaptopServer, listen } from '../../local/aws/server.ts';
import { AwsError, type Service } from '../../local/aws/service.ts';

const UPDATED = new Date('2026-01-02T03:04:05.250Z');
const iam = createIam([]);
const credentials = iam.addUser('tester', []);
const received: unknown[] = [];

const monitoring: Service = {
  scope: 'monitoring',
  protocol: 'cbor+json',
  operations: {
    DescribeAlarms: async (input) => {
      received.push(input);
      return { MetricAlarms: [{ AlarmName: 'a', StateUpdatedTimestamp: UPDATED }] };
    },
    PutMetricData: async (input) => {
      received.push(input);
      return undefined;
    },
    SetAlarmState: async () => {
      throw new AwsError('ResourceNotFound', 'no such alarm', 404);
    },
  },
};
const sns: Service = {
  scope: 'sns',
  protocol: 'query',
  xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
  operations: {
    Publish: async (input) => {
      received.push(input);
      if (input.Message === 'bad') throw new AwsError('InvalidParameter', 'Invalid parameter: <Message> & more');
      return { MessageId: 'id <1> & "2"' };
    },
  },
};

let server: LaptopServer;
beforeAll(async () => {
  server = await listen(0, () => ({ iam, services: [monitoring, sns], restServices: [] }));
});
afterAll(() => server.close());

const config = () => ({ endpoint: server.endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });

describe('JSON', () => {
  it('carries timestamps and modelled errors to the SDK', async () => {
    const client = new CloudWatchClient(config());
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['a'] }));
    expect(MetricAlarms).toEqual([{ AlarmName: 'a', StateUpdatedTimestamp: UPDATED }]);
    expect(received.pop()).toEqual({ AlarmNames: ['a'] });
    const set = client.send(new SetAlarmStateCommand({ AlarmName: 'b', StateValue: 'OK', StateReason: 'x' }));
    await expect(set).rejects.toMatchObject({ name: 'ResourceNotFound', message: 'no such alarm' });
  });
});

describe('query', () => {
  it('carries maps in and escaped XML out', async () => {
    const client = new SNSClient(config());
    const MessageAttributes = { team: { DataType: 'String', StringValue: 'ops' } };
    const { MessageId } = await client.send(new PublishCommand({ TopicArn: 'arn', Message: 'a&b=c', MessageAttributes }));
    expect(MessageId).toBe('id <1> & "2"');
    expect(received.pop()).toEqual({ TopicArn: 'arn', Message: 'a&b=c', MessageAttributes });
    await expect(client.send(new PublishCommand({ TopicArn: 'arn', Message: 'bad' }))).rejects.toMatchObject({
      message: 'Invalid parameter: <Message> & more',
    });
  });

  it('decodes lists, nested structures and maps, and no prototype', () => {
    expect(decodeQuery('N.member.2=b&N.member.1=a&S.T.member.1.K=1&T.entry.1.key=k&T.entry.1.value=v')).toEqual({
      N: ['a', 'b'],
      S: { T: [{ K: '1' }] },
      T: { k: 'v' },
    });
    decodeQuery('__proto__.polluted=1');
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

const hasCli = (() => {
  try {
    return execFileSync('aws', ['--version'], { stdio: 'pipe' }).length >= 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasCli)('the command line', () => {
  const aws = async (...args: string[]) => {
    const { accessKeyId, secretAccessKey } = credentials;
    const { stdout } = await promisify(execFile)(
      'aws',
      ['--endpoint-url', server.endpoint, '--region', 'eu-central-1', '--output', 'json', ...args],
      {
        env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      },
    );
    return stdout === '' ? undefined : JSON.parse(stdout);
  };

  it('speaks CBOR: timestamps both ways and modelled errors', async () => {
    const alarms = await aws('cloudwatch', 'describe-alarms', '--alarm-names', 'a');
    const updated: unknown = alarms.MetricAlarms[0].StateUpdatedTimestamp;
    expect(new Date(typeof updated === 'number' ? updated * 1000 : String(updated))).toEqual(UPDATED);
    await aws(
      'cloudwatch',
      'put-metric-data',
      '--namespace',
      'n',
      '--metric-name',
      'm',
      '--value',
      '1.5',
      '--timestamp',
      '2026-01-02T03:04:05Z',
    );
    expect(received.pop()).toMatchObject({ MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp: 1767323045 }] });
    const set = aws('cloudwatch', 'set-alarm-state', '--alarm-name', 'b', '--state-value', 'OK', '--state-reason', 'x');
    await expect(set).rejects.toThrow(/\(ResourceNotFound\).*no such alarm/);
  });
});
