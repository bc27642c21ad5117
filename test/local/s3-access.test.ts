import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allow, type S3World, startS3World } from './s3-world.ts';

const Bucket = 'versioned';
let world: S3World;
let admin: S3Client;
/** A version of `old` that isn’t current any more, `tagged` with tags, and an upload in parts. */
let VersionId: string | undefined;
let UploadId: string | undefined;
beforeAll(async () => {
  world = await startS3World();
  admin = world.client();
  ({ VersionId } = await admin.send(new PutObjectCommand({ Bucket, Key: 'old', Body: '1', Tagging: 'a=1' })));
  await admin.send(new PutObjectCommand({ Bucket, Key: 'old', Body: '2' }));
  await admin.send(new PutObjectCommand({ Bucket, Key: 'tagged', Body: '1', Tagging: 'a=1' }));
  await admin.send(new PutObjectCommand({ Bucket, Key: 'kms', Body: 'x', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'k1' }));
});
beforeEach(async () => {
  ({ UploadId } = await admin.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' })));
});
afterAll(() => world.close());

const BUCKET = `arn:aws:s3:::${Bucket}`;
const object = (key: string) => `${BUCKET}/${key}`;
const KMS_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/k1';
const ETag = '"0"';

type Send = (client: S3Client) => Promise<unknown>;

describe('a caller needs', () => {
  it.each<[string, Send, Record<string, string>]>([
    ['to list buckets', (s3) => s3.send(new ListBucketsCommand({})), { 's3:ListAllMyBuckets': '*' }],
    ['to look for a bucket', (s3) => s3.send(new HeadBucketCommand({ Bucket })), { 's3:ListBucket': BUCKET }],
    ['to list', (s3) => s3.send(new ListObjectsV2Command({ Bucket })), { 's3:ListBucket': BUCKET }],
    ['to list versions', (s3) => s3.send(new ListObjectVersionsCommand({ Bucket })), { 's3:ListBucketVersions': BUCKET }],
    ['to know of versions', (s3) => s3.send(new GetBucketVersioningCommand({ Bucket })), { 's3:GetBucketVersioning': BUCKET }],
    ['to read', (s3) => s3.send(new HeadObjectCommand({ Bucket, Key: 'old' })), { 's3:GetObject': object('old') }],
    [
      'to read a version',
      (s3) => s3.send(new GetObjectCommand({ Bucket, Key: 'old', VersionId })),
      { 's3:GetObjectVersion': object('old') },
    ],
    [
      'to read what a KMS key encrypts',
      (s3) => s3.send(new GetObjectCommand({ Bucket, Key: 'kms' })),
      { 's3:GetObject': object('kms'), 'kms:Decrypt': KMS_KEY },
    ],
    [
      'to read tags',
      (s3) => s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'old', VersionId })),
      { 's3:GetObjectVersionTagging': object('old') },
    ],
    [
      'to tag',
      (s3) => s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } })),
      { 's3:PutObjectTagging': object('tagged') },
    ],
    [
      'to write, with tags, under a KMS key',
      (s3) =>
        s3.send(
          new PutObjectCommand({
            Bucket,
            Key: 'w',
            Body: 'x',
            Tagging: 'a=1',
            ServerSideEncryption: 'aws:kms',
            SSEKMSKeyId: 'k1',
          }),
        ),
      { 's3:PutObject': object('w'), 's3:PutObjectTagging': object('w'), 'kms:GenerateDataKey': KMS_KEY },
    ],
    [
      'to copy a version with its tags',
      (s3) => s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/old?versionId=${VersionId}` })),
      {
        's3:GetObjectVersion': object('old'),
        's3:GetObjectVersionTagging': object('old'),
        's3:PutObject': object('to'),
        's3:PutObjectTagging': object('to'),
      },
    ],
    [
      'to copy what has no tags',
      (s3) => s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/old` })),
      { 's3:GetObject': object('old'), 's3:PutObject': object('to') },
    ],
    ['to delete', (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'd' })), { 's3:DeleteObject': object('d') }],
    [
      'to delete a version',
      (s3) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'd', VersionId: 'null' })),
      { 's3:DeleteObjectVersion': object('d') },
    ],
    [
      'to copy a part',
      (s3) => s3.send(new UploadPartCopyCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, CopySource: `${Bucket}/old` })),
      { 's3:PutObject': object('parts'), 's3:GetObject': object('old') },
    ],
    [
      'to give up an upload',
      (s3) => s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'parts', UploadId })),
      { 's3:AbortMultipartUpload': object('parts') },
    ],
  ])('%s', async (_, send, needed) => {
    const statements = Object.entries(needed).map(([action, resource]) => allow(action, resource));
    for (const missing of statements) {
      const client = world.client(statements.filter((statement) => statement !== missing));
      const message = expect.stringContaining(`is not authorized to perform: ${missing.Action} on resource: ${missing.Resource}`);
      const error = (await send(client).catch((refused) => refused)) as Error;
      expect(error).toMatchObject({ $metadata: { httpStatusCode: 403 } });
      // HEAD has no body to say it in.
      if (error.message !== 'UnknownError' && error.name !== '403')
        expect(error).toMatchObject({ name: 'AccessDenied', message });
    }
    await send(world.client(statements));
  });

  it('the permission to read to compare ETags', async () => {
    const remove = (...actions: string[]) =>
      world.client(actions.map((action) => allow(action))).send(new DeleteObjectCommand({ Bucket, Key: 'old', IfMatch: ETag }));
    await expect(remove('s3:DeleteObject')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(remove('s3:DeleteObject', 's3:GetObject')).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('the permission to list to be told that a key is absent', async () => {
    const read = (...actions: string[]) =>
      world.client(actions.map((action) => allow(action))).send(new GetObjectCommand({ Bucket, Key: 'absent' }));
    await expect(read('s3:GetObject')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(read('s3:GetObject', 's3:ListBucket')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('one permission a key to delete many', async () => {
    const client = world.client([allow('s3:DeleteObject', object('mine/*'))]);
    const Objects = [{ Key: 'mine/1' }, { Key: 'other/1' }, { Key: 'mine/2' }];
    const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['mine/1', 'mine/2']);
    expect(Errors).toMatchObject([{ Key: 'other/1', Code: 'AccessDenied' }]);
  });
});

describe('a decision that is kept for all objects alike', () => {
  const put = (client: S3Client, Key: string) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })).then(
      () => 'allowed',
      ({ name, message }) => (message.includes(Key) ? name : message),
    );

  it('is another for those that a pattern tells apart', async () => {
    const deny = { Effect: 'Deny', Action: 's3:PutObject', NotResource: object('a/*') };
    const client = world.client([allow('s3:PutObject', [object('a/*'), object('b?c/*')]), deny]);
    const answers = [];
    for (const key of ['a/1', 'b/1', 'a/2', 'bxc/1', 'a/3', 'a']) answers.push(await put(client, key));
    expect(answers).toEqual(['allowed', 'AccessDenied', 'allowed', 'AccessDenied', 'allowed', 'AccessDenied']);
  });

  it('is each object’s own where a policy has a variable', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own placeholder
    const client = world.client([allow('s3:PutObject', object('${aws:PrincipalAccount}/*'))]);
    expect([await put(client, '1/x'), await put(client, '123456789012/x'), await put(client, '2/x')]).toEqual([
      'AccessDenied',
      'allowed',
      'AccessDenied',
    ]);
  });

  it('knows the prefix of a listing', async () => {
    const Condition = { StringLike: { 's3:prefix': 'mine/*' } };
    const client = world.client([{ ...allow('s3:ListBucket', BUCKET), Condition }]);
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'mine/x' }));
    const other = client.send(new ListObjectsV2Command({ Bucket, Prefix: 'other/' }));
    await expect(other).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('a request', () => {
  it('without a signature is refused in S3’s form when it is for a bucket', async () => {
    const response = await fetch(`${world.endpoint}/versioned/old`);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    expect((await fetch(`${world.endpoint}/health`)).headers.get('content-type')).toContain('json');
  });

  it('with a wrong key or signature is refused by S3’s own codes', async () => {
    const list = (credentials: object) =>
      world.client([], { credentials: { ...world.credentials, ...credentials } }).send(new ListBucketsCommand({}));
    await expect(list({ accessKeyId: 'AKIAUNKNOWN' })).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(list({ secretAccessKey: 'guessed' })).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    const abroad = world.client([allow('*')], { region: 'us-west-2' }).send(new ListBucketsCommand({}));
    await expect(abroad).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('for a bucket that is not there, or of somebody else, is refused', async () => {
    const list = (more: object) => admin.send(new ListObjectsV2Command({ Bucket, ...more }));
    await expect(list({ Bucket: 'absent' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(list({ ExpectedBucketOwner: '999999999999' })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('is counted by its operation', async () => {
    world.s3.resetRequests();
    await admin.send(new HeadObjectCommand({ Bucket, Key: 'old' }));
    await admin.send(new HeadObjectCommand({ Bucket, Key: 'absent' })).catch(() => undefined);
    await admin.send(new ListObjectVersionsCommand({ Bucket }));
    expect(world.s3.requests()).toEqual({ HeadObject: 2, ListObjectVersions: 1 });
  });
});

describe('a fault', () => {
  const copy = (Key: string, more: object = {}) =>
    world.client(undefined, more).send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/old` }));

  it('strikes the calls that it is meant for', async () => {
    const error = { code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 };
    const isStruck = ({ Key }: { Key: string }) => Key === 'struck';
    world.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'error', error, times: 2, when: isStruck });
    await copy('spared');
    await expect(copy('struck')).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    expect((await copy('struck', { maxAttempts: 3 })).$metadata.attempts).toBe(2);
  });

  it('can hide in an answer that looks well', async () => {
    const error = { code: 'InternalError', message: 'We encountered an internal error. Please try again.', status: 200 };
    world.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'error', error });
    const Key = randomUUID();
    await expect(copy(Key)).rejects.toMatchObject({ name: 'InternalError' });
    await expect(admin.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('can be KMS’s, or lose the answer', async () => {
    const error = { code: 'KMS.DisabledException', message: 'the key is disabled', status: 400 };
    world.faults.inject({ service: 's3', operation: 'GetObject', kind: 'error', error });
    const read = () => admin.send(new GetObjectCommand({ Bucket, Key: 'old' }));
    await expect(read()).rejects.toMatchObject({ name: 'KMS.DisabledException' });
    await read();
    const Key = randomUUID();
    world.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'lost-answer' });
    await expect(copy(Key)).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    await admin.send(new HeadObjectCommand({ Bucket, Key }));
  });
});
