/**
 * Buckets for tests of the frontend's engine, which is led to them by the environment: those of the laptop's S3, where the engine may
 * do just what it needs, or, with S3_ENDPOINT and the usual AWS_* variables set, those of another server. That one has no back doors:
 * tests that need one are skipped there.
 */
import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import type { S3Options } from '../../../local/aws/s3/s3.ts';
import { allow, type S3World, startS3World } from '../../local/s3-world.ts';

export const elsewhere = process.env.S3_ENDPOINT;

/** A KMS key that the engine may use. */
export const OWN_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/own';
/** A KMS key that it may not use. */
export const FOREIGN_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/foreign';

/** What the engine is allowed to, as the deployed roles are. */
const permissions = (site: string, service: string, builds: string) => [
  allow(['s3:ListBucketVersions', 's3:ListBucket'], `arn:aws:s3:::${site}`),
  allow(
    [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:GetObjectVersionTagging',
      's3:PutObject',
      's3:PutObjectTagging',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
    ],
    `arn:aws:s3:::${site}/*`,
  ),
  allow('s3:ListBucket', [`arn:aws:s3:::${builds}`, `arn:aws:s3:::${service}`]),
  allow(['s3:GetObject', 's3:GetObjectTagging'], `arn:aws:s3:::${builds}/*`),
  allow(['s3:GetObject', 's3:PutObject'], `arn:aws:s3:::${service}/*`),
  allow(['kms:Decrypt', 'kms:GenerateDataKey'], OWN_KEY),
  allow(['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'], 'arn:aws:cloudfront::*:distribution/*'),
];

export class FrontendWorld {
  /** Bucket names. */
  readonly site: string;
  readonly service: string;
  readonly builds: string;
  /** Of somebody who may do everything. */
  readonly client: S3Client;
  readonly #laptop: S3World | null;

  private constructor(client: S3Client, laptop: S3World | null, suffix: string) {
    [this.site, this.service, this.builds] = [`site-${suffix}`, `service-${suffix}`, `builds-${suffix}`];
    this.client = client;
    this.#laptop = laptop;
  }

  static async start(options: Partial<S3Options> = {}): Promise<FrontendWorld> {
    const laptop = elsewhere ? null : await startS3World(options);
    const client = laptop?.client() ?? new S3Client({ endpoint: elsewhere ?? '' });
    const world = new FrontendWorld(client, laptop, randomBytes(4).toString('hex'));
    await world.#makeBuckets();
    if (laptop) stubCredentials(laptop, permissions(world.site, world.service, world.builds));
    vi.stubEnv('AWS_ENDPOINT_URL_S3', laptop?.endpoint ?? elsewhere);
    vi.stubEnv('SERVICE_BUCKET', world.service);
    return world;
  }

  /** The back doors of the laptop's S3. */
  get laptop(): S3World {
    if (!this.#laptop) throw new Error('another server has no back doors: skip this test there');
    return this.#laptop;
  }

  async close(): Promise<void> {
    this.client.destroy();
    await this.#laptop?.close();
  }

  async #makeBuckets(): Promise<void> {
    for (const Bucket of [this.site, this.service, this.builds]) await this.client.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await this.client.send(new PutBucketVersioningCommand({ Bucket: this.site, VersioningConfiguration }));
  }

  /** Answers the version's id. */
  async put(key: string, body: string, extras: Partial<PutObjectCommandInput> = {}, bucket = this.site): Promise<string> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...extras }));
    return VersionId ?? 'null';
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.site, Key: key }));
  }

  /** Everything that can be seen of the current objects below a prefix but their versions' ids and times. */
  async snapshot(prefix = ''): Promise<Record<string, object>> {
    const seen: Record<string, object> = {};
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.client }, { Bucket: this.site, Prefix: prefix })) {
      for (const { Key = '' } of Contents) seen[Key] = await this.#look(Key);
    }
    return seen;
  }

  async #look(key: string): Promise<object> {
    const address = { Bucket: this.site, Key: key };
    const { $metadata, VersionId, LastModified, ...head } = await this.client.send(new HeadObjectCommand(address));
    const { TagSet } = await this.client.send(new GetObjectTaggingCommand(address));
    return { ...head, TagSet };
  }

  /** How many versions and delete markers there are below a prefix; 1,000 at most. */
  async versions(prefix = ''): Promise<number> {
    const request = new ListObjectVersionsCommand({ Bucket: this.site, Prefix: prefix });
    const { Versions = [], DeleteMarkers = [] } = await this.client.send(request);
    return Versions.length + DeleteMarkers.length;
  }
}

function stubCredentials({ iam }: S3World, statements: readonly object[]): void {
  const keys = iam.addUser('engine', [{ Version: '2012-10-17', Statement: statements }]);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
}

/** Long after any test. */
export const LATER = new Date('2100-01-01T00:00:00Z');
/** Over before anything is begun: the least possible is done at a time. */
export const NEVER = new Date(0);
