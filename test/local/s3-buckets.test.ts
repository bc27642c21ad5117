import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../local/aws/definitions.ts';
import { resolveTemplate } from '../../local/aws/template.ts';
import { type S3World, startS3World } from './s3-world.ts';

let world: S3World;
let client: S3Client;
beforeAll(async () => {
  world = await startS3World();
  client = world.client();
});
afterAll(() => world.close());

const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' as const };
const create = (Bucket: string, more: object = { CreateBucketConfiguration }) =>
  client.send(new CreateBucketCommand({ Bucket, ...more }));

describe('a bucket', () => {
  it('is made, listed and removed when it is empty', async () => {
    await create('new-bucket');
    const names = async () => (await client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name);
    expect(await names()).toEqual(['new-bucket', 'plain', 'versioned']);
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket: 'new-bucket' }));
    expect(LocationConstraint).toBe('eu-central-1');
    await expect(create('new-bucket')).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    await client.send(new PutObjectCommand({ Bucket: 'new-bucket', Key: 'k', Body: 'x' }));
    const remove = () => client.send(new DeleteBucketCommand({ Bucket: 'new-bucket' }));
    await expect(remove()).rejects.toMatchObject({ name: 'BucketNotEmpty' });
    world.s3.expireVersion('new-bucket', 'k', 'null');
    await remove();
    expect(await names()).toEqual(['plain', 'versioned']);
  });

  it.each(['ab', 'UPPER', 'under_score', 'a..b', '-dash', 'dash-', '10.0.0.1', 'xn--a', 'x'.repeat(64)])(
    'is not called %s',
    async (name) => {
      await expect(create(name)).rejects.toMatchObject({ name: 'InvalidBucketName' });
    },
  );

  it('is in the region', async () => {
    const elsewhere = create('abroad', { CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } });
    await expect(elsewhere).rejects.toMatchObject({ name: 'IllegalLocationConstraintException' });
  });

  it('keeps its configurations as they were put', async () => {
    const Bucket = 'plain';
    const lifecycle = () => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    await expect(lifecycle()).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
    const rule = { ID: 'old', Status: 'Enabled' as const, Filter: { Prefix: '' } };
    const Rules = [{ ...rule, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }];
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    expect(await lifecycle()).toMatchObject({ Rules });
    await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
    await expect(lifecycle()).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });

    const PublicAccessBlockConfiguration = { BlockPublicAcls: true, BlockPublicPolicy: true };
    await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await client.send(new GetPublicAccessBlockCommand({ Bucket }))).toMatchObject({ PublicAccessBlockConfiguration });
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{"Version":"2012-10-17","Statement":[]}' }));
    expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('2012-10-17');
  });
});

it('has the buckets of the template, with their settings', async () => {
  const SiteBucket = {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'site',
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/site' }, BucketKeyEnabled: true },
        ],
      },
      LifecycleConfiguration: {
        Rules: [
          { Id: 'old', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 5 } },
        ],
      },
    },
  };
  const template = resolveTemplate(
    { Resources: { SiteBucket, OwnName: { Type: 'AWS::S3::Bucket' } } },
    { endpoint: 'http://localhost', stackName: 'small' },
  );
  const own = await startS3World({ buckets: bucketsOf(template) });
  const ask = own.client();
  const { Buckets } = await ask.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual(['site', expect.stringMatching(/^small-ownname-[0-9a-f]{12}$/)]);
  const Bucket = 'site';
  expect((await ask.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  expect((await ask.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual([
    {
      ID: 'old',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 5 },
    },
  ]);
  const { ServerSideEncryptionConfiguration } = await ask.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.stringMatching(/:alias\/site$/) },
    BucketKeyEnabled: true,
  });
  await own.close();
});

describe('what is kept', () => {
  it('outlives a killed process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 's3-killed-'));
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer(directory)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const written: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      written.push(line);
      if (written.length === 50) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const again = await startS3World({ directory });
    const read = async (line: string) => {
      const [key, VersionId] = line.split(' ');
      const { Body } = await again.client().send(new GetObjectCommand({ Bucket: 'versioned', Key: key, VersionId }));
      return (await Body?.transformToString())?.length;
    };
    expect(new Set(await Promise.all(written.map(read)))).toEqual(new Set([100_000, 10]));
    const { VersionId } = await again.client().send(new PutObjectCommand({ Bucket: 'versioned', Key: 'k0', Body: 'x' }));
    expect(written.join(' ')).not.toContain(VersionId);
    await again.close();
    await rm(directory, { recursive: true });
  });

  it('can be seeded: many versions at once, with their times', async () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const entries = function* () {
      for (let version = 0; version < 20_000; version += 1) {
        yield {
          key: 'seeded',
          body: `v${version % 10}`,
          lastModified: new Date(start + version * 1000),
          metadata: { v: `${version}` },
        };
      }
      yield { key: 'seeded', isMarker: true, lastModified: new Date(start + 20_000_000) };
    };
    expect(world.s3.seed('versioned', entries())).toBe(20_001);
    const { Versions, DeleteMarkers } = await client.send(
      new ListObjectVersionsCommand({ Bucket: 'versioned', Prefix: 'seeded', MaxKeys: 2 }),
    );
    expect(DeleteMarkers).toMatchObject([{ IsLatest: true, LastModified: new Date(start + 20_000_000) }]);
    expect(Versions).toMatchObject([{ IsLatest: false, LastModified: new Date(start + 19_999_000) }]);
    const VersionId = Versions?.[0]?.VersionId;
    const head = await client.send(new HeadObjectCommand({ Bucket: 'versioned', Key: 'seeded', VersionId }));
    expect(head.Metadata).toEqual({ v: '19999' });
  });
});

/** A program that puts small and large objects and prints `key version-id` of each that was answered. */
function writer(directory: string): string {
  return `
    const { createS3 } = await import(${JSON.stringify(new URL('../../local/aws/s3/s3.ts', import.meta.url).href)});
    const buckets = [{ name: 'versioned', versioning: 'Enabled' }];
    const s3 = createS3({ directory: ${JSON.stringify(directory)}, buckets, iam: { authorize: async () => {} } });
    for (let i = 0; ; i += 1) {
      const body = Buffer.from((i % 2 ? 'x'.repeat(99_990) : '') + String(i).padStart(10));
      const request = { method: 'PUT', path: '/versioned/k' + (i % 7), query: '', headers: {}, body };
      const { headers } = await s3.handle(request, { arn: 'me' });
      console.log('k' + (i % 7) + ' ' + headers['x-amz-version-id']);
      await new Promise((resolve) => setImmediate(resolve));
    }`;
}
