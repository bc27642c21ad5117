/** The real AWS CLI against the laptop AWS: one command for every action that the service's roles name. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REGION } from '../../local/aws/service.ts';
import { DIRECTORY } from '../../local/sample/manifest.ts';
import { hasCli, hasQueues } from './cli.ts';
import { openData } from './data.ts';
import { openTheatre, type Theatre } from './harness.ts';

const run = promisify(execFile);

/** No calls of a function: what runs beside it writes logs and traces, and RDS uses roles and keys on its behalf. */
const NOT_CALLED = /^(logs|xray|iam|kms):/;

describe.skipIf(!hasCli)('the AWS CLI', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** What a command answers; throws with what it says when it ends with anything but 0. */
  // biome-ignore lint/suspicious/noExplicitAny: what a command answers is the test's to know
  const aws = async (command: string, values: Readonly<Record<string, string>> = {}): Promise<any> => {
    const given = Object.entries(values).flatMap(([name, value]) => `--${name}=${value}`);
    const { accessKeyId, secretAccessKey } = theatre.aws.credentials('admin');
    const { stdout } = await run('aws', ['--endpoint-url', theatre.aws.endpoint, ...command.split(' '), ...given], {
      env: {
        PATH: process.env.PATH,
        HOME: theatre.directory,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_DEFAULT_REGION: REGION,
        AWS_DEFAULT_OUTPUT: 'json',
        AWS_PAGER: '',
      },
    });
    return stdout.trim() === '' ? {} : JSON.parse(stdout);
  };
  const refused = async (answer: Promise<unknown>, code: string) => expect(answer).rejects.toThrow(code);

  it('carries out every action that the roles name', async () => {
    const { stage, instance } = await openData(theatre, {}, {}, { hosts: 1, site: true });
    const { template } = theatre.aws;
    const arnOf = (type: string, name: string) => template.ofType(type).find((one) => one.name.endsWith(name))?.arn ?? '';
    const log = { 'table-name': 'rollback-local-log' };
    const key = { ...log, key: '{"pk":{"S":"CLI"},"sk":{"S":"1"}}' };
    const { bucket = '', distribution = '' } = stage.site.manifest;
    const object = { bucket, key: 'cli.txt' };
    const file = join(theatre.directory, 'cli.txt');
    await writeFile(file, 'hello');
    const received = `${file}.received`;
    const execution = arnOf('AWS::StepFunctions::StateMachine', '-backup');
    const host = stage.hosts[0]?.id ?? '';
    const parameters = { rollbackId: ['cli'], application: [stage.application], directory: [DIRECTORY], user: ['nobody'] };
    let version = '';
    let command = '';
    let invalidation = '';
    let started = '';
    const snapshot = 'bk-cli';
    const resource = `arn:aws:rds:${REGION}:123456789012:db:${instance}`;

    // In this order: later ones go by what earlier ones made.
    const commands: Readonly<Record<string, () => Promise<unknown>>> = {
      'dynamodb:PutItem': () => aws('dynamodb put-item', { ...log, item: '{"pk":{"S":"CLI"},"sk":{"S":"1"}}' }),
      'dynamodb:UpdateItem': () =>
        aws('dynamodb update-item', {
          ...key,
          'update-expression': 'SET said = :said',
          'expression-attribute-values': '{":said":{"S":"hello"}}',
        }),
      'dynamodb:GetItem': async () => expect((await aws('dynamodb get-item', key)).Item.said).toEqual({ S: 'hello' }),
      'dynamodb:Query': () =>
        aws('dynamodb query', {
          ...log,
          'index-name': 'byApplication',
          'key-condition-expression': 'application = :a',
          'expression-attribute-values': '{":a":{"S":"x"}}',
        }),
      'dynamodb:DeleteItem': () => aws('dynamodb delete-item', key),
      'cloudwatch:DescribeAlarms': () => aws('cloudwatch describe-alarms'),
      'events:PutEvents': () => aws('events put-events', { entries: '[{"Source":"cli","DetailType":"x","Detail":"{}"}]' }),
      'sns:Publish': () =>
        aws('sns publish', { 'topic-arn': template.ofType('AWS::SNS::Topic')[0]?.arn ?? '', subject: 'cli', message: 'hello' }),
      'sqs:SendMessage': async () => {
        if (!hasQueues) return;
        const { QueueUrl } = await aws('sqs get-queue-url', { 'queue-name': 'rollback-local-undelivered-events' });
        await aws('sqs send-message', { 'queue-url': QueueUrl, 'message-body': '{}' });
      },
      'ssm:DescribeInstanceInformation': () =>
        aws('ssm describe-instance-information', { filters: 'Key=tag:RollbackService,Values=enabled' }),
      'ssm:SendCommand': async () => {
        const sent = await aws('ssm send-command', {
          'document-name': 'rollback-local-inspect-host',
          'instance-ids': host,
          parameters: JSON.stringify(parameters),
          comment: 'cli',
        });
        command = sent.Command.CommandId;
      },
      'ssm:ListCommands': () => aws('ssm list-commands', { 'command-id': command }),
      'ssm:ListCommandInvocations': () => aws('ssm list-command-invocations --details', { 'command-id': command }),
      'ssm:GetCommandInvocation': async () => {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await aws('ssm get-command-invocation', { 'command-id': command, 'instance-id': host });
      },
      'ssm:CancelCommand': () => aws('ssm cancel-command', { 'command-id': command }),
      'states:StartExecution': async () => {
        const answer = await aws('stepfunctions start-execution', {
          'state-machine-arn': execution,
          name: 'cli',
          input: JSON.stringify({ application: stage.application, backupId: 'bk-none' }),
        });
        started = answer.executionArn;
      },
      'states:DescribeExecution': () => aws('stepfunctions describe-execution', { 'execution-arn': started }),
      'states:SendTaskSuccess': () =>
        refused(aws('stepfunctions send-task-success', { 'task-token': 'none', 'task-output': '{}' }), 'InvalidToken'),
      'states:SendTaskFailure': () => refused(aws('stepfunctions send-task-failure', { 'task-token': 'none' }), 'InvalidToken'),
      's3:PutObject': async () => {
        version = (await aws('s3api put-object', { ...object, body: file, 'content-type': 'text/plain' })).VersionId;
        await aws('s3api copy-object', { ...object, key: 'cli-2.txt', 'copy-source': `${bucket}/cli.txt?versionId=${version}` });
      },
      's3:PutObjectTagging': () => aws('s3api put-object-tagging', { ...object, tagging: 'TagSet=[{Key=a,Value=b}]' }),
      's3:GetObject': async () => {
        await aws(`s3api get-object --bucket ${bucket} --key cli.txt ${received}`);
        await aws('s3api head-object', object);
      },
      's3:GetObjectVersion': () => aws(`s3api get-object --bucket ${bucket} --key cli.txt --version-id=${version} ${received}`),
      's3:GetObjectTagging': () => aws('s3api get-object-tagging', object),
      's3:GetObjectVersionTagging': () => aws('s3api get-object-tagging', { ...object, 'version-id': version }),
      's3:ListBucket': () => aws('s3api list-objects-v2', { bucket }),
      's3:ListBucketVersions': () => aws('s3api list-object-versions', { bucket }),
      's3:GetBucketVersioning': async () => expect((await aws('s3api get-bucket-versioning', { bucket })).Status).toBe('Enabled'),
      's3:GetLifecycleConfiguration': () =>
        refused(aws('s3api get-bucket-lifecycle-configuration', { bucket }), 'NoSuchLifecycleConfiguration'),
      's3:AbortMultipartUpload': async () => {
        const { UploadId } = await aws('s3api create-multipart-upload', object);
        await aws('s3api upload-part', { ...object, 'upload-id': UploadId, 'part-number': '1', body: file });
        await aws('s3api abort-multipart-upload', { ...object, 'upload-id': UploadId });
      },
      's3:DeleteObject': () => aws('s3api delete-object', object),
      'cloudfront:CreateInvalidation': async () => {
        const made = await aws('cloudfront create-invalidation', { 'distribution-id': distribution, paths: '/*' });
        invalidation = made.Invalidation.Id;
      },
      'cloudfront:GetInvalidation': () =>
        aws('cloudfront get-invalidation', { 'distribution-id': distribution, id: invalidation }),
      'rds:DescribeDBInstances': () => aws('rds describe-db-instances', { 'db-instance-identifier': instance }),
      'rds:DescribeDBInstanceAutomatedBackups': () =>
        aws('rds describe-db-instance-automated-backups', { 'db-instance-identifier': instance }),
      'rds:DescribeDBProxies': () => aws('rds describe-db-proxies'),
      'rds:DescribeDBProxyTargets': () =>
        refused(aws('rds describe-db-proxy-targets', { 'db-proxy-name': 'none' }), 'DBProxyNotFoundFault'),
      'rds:CreateDBSnapshot': () =>
        aws('rds create-db-snapshot', { 'db-instance-identifier': instance, 'db-snapshot-identifier': snapshot }),
      'rds:DescribeDBSnapshots': () => aws('rds describe-db-snapshots', { 'db-snapshot-identifier': snapshot }),
      'rds:AddTagsToResource': () => aws('rds add-tags-to-resource', { 'resource-name': resource, tags: 'Key=a,Value=b' }),
      'rds:RestoreDBInstanceToPointInTime': () =>
        aws('rds restore-db-instance-to-point-in-time --use-latest-restorable-time', {
          'source-db-instance-identifier': instance,
          'target-db-instance-identifier': `${instance}-cli`,
        }),
      'rds:ModifyDBInstance': () =>
        aws('rds modify-db-instance --deletion-protection --apply-immediately', { 'db-instance-identifier': instance }),
    };

    const named = template
      .ofType('AWS::IAM::Role')
      .filter(({ properties }) => JSON.stringify(properties.AssumeRolePolicyDocument).includes('lambda.amazonaws.com'))
      .flatMap(({ properties }) => properties.Policies ?? [])
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap(({ Action }) => [Action].flat() as string[])
      .filter((action) => !NOT_CALLED.test(action));
    expect([...new Set(named)].filter((action) => !Object.hasOwn(commands, action))).toEqual([]);
    const failed: string[] = [];
    for (const [action, carryOut] of Object.entries(commands))
      await carryOut().catch((error: Error) => failed.push(`${action}: ${error.message}`));
    expect(failed).toEqual([]);
  });
});
