import { REGION } from '../service.ts';
import { makeEncryption } from './attributes.ts';
import { encryptionRules, refuseBadName } from './bucket-settings.ts';
import type { Bucket, Encryption } from './buckets.ts';
import {
  bucketArn,
  readDocument,
  type S3Answer,
  type S3Call,
  type S3Operation,
  type S3Operations,
  type S3State,
  xmlAnswer,
} from './call.ts';
import { encryptionDocument, locationDocument, versioningDocument } from './documents.ts';
import { S3Error } from './errors.ts';
import { OWNER } from './lists.ts';
import { element } from './xml.ts';

/** Buckets themselves: making, listing, removing them, versioning and default encryption. */
export function bucketOperations(state: S3State): S3Operations {
  const on =
    (action: string, work: (bucket: Bucket, call: S3Call) => S3Answer | Promise<S3Answer>): S3Operation =>
    async (call) => {
      const { name } = state.buckets.get(call.input.Bucket);
      await call.authorize(action, bucketArn(name));
      return work(state.buckets.get(name), call);
    };
  const setEncryption = (bucket: Bucket, encryption: Encryption, status: number): S3Answer => {
    state.buckets.configure(bucket, { encryption });
    return { status };
  };
  return {
    ListBuckets: (call) => listBuckets(state, call),
    CreateBucket: (call) => createBucket(state, call),
    HeadBucket: on('s3:ListBucket', () => ({ headers: { 'x-amz-bucket-region': REGION } })),
    DeleteBucket: on('s3:DeleteBucket', (bucket) => deleteBucket(state, bucket)),
    GetBucketLocation: on('s3:GetBucketLocation', () => xmlAnswer('LocationConstraint', REGION)),
    GetBucketVersioning: on('s3:GetBucketVersioning', ({ versioning }) =>
      xmlAnswer('VersioningConfiguration', element('Status', versioning === '' ? undefined : versioning)),
    ),
    PutBucketVersioning: on('s3:PutBucketVersioning', async (bucket, call) => {
      const { VersioningConfiguration } = await readDocument(call, versioningDocument);
      state.buckets.configure(bucket, { versioning: VersioningConfiguration.Status });
      return {};
    }),
    GetBucketEncryption: on('s3:GetEncryptionConfiguration', ({ encryption }) =>
      xmlAnswer('ServerSideEncryptionConfiguration', encryptionRules(encryption)),
    ),
    PutBucketEncryption: on('s3:PutEncryptionConfiguration', async (bucket, call) => {
      const { Rule } = (await readDocument(call, encryptionDocument)).ServerSideEncryptionConfiguration;
      const { SSEAlgorithm, KMSMasterKeyID } = Rule.ApplyServerSideEncryptionByDefault;
      return setEncryption(bucket, makeEncryption(SSEAlgorithm, KMSMasterKeyID, Rule.BucketKeyEnabled === 'true'), 200);
    }),
    DeleteBucketEncryption: on('s3:PutEncryptionConfiguration', (bucket) => setEncryption(bucket, makeEncryption('AES256'), 204)),
  };
}

async function listBuckets({ buckets }: S3State, call: S3Call): Promise<S3Answer> {
  await call.authorize('s3:ListAllMyBuckets', '*');
  const { Prefix = '' } = call.input;
  const listed = buckets.all().filter(({ name }) => name.startsWith(Prefix));
  const Bucket = listed.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created), BucketRegion: REGION }));
  return xmlAnswer('ListAllMyBucketsResult', element('Buckets', { Bucket }) + element('Owner', OWNER));
}

async function createBucket({ buckets, now }: S3State, call: S3Call): Promise<S3Answer> {
  const { Bucket: name } = call.input;
  refuseBadName(name);
  await call.authorize('s3:CreateBucket', bucketArn(name));
  await refuseOtherRegion(call);
  if (buckets.find(name)) {
    const message = 'Your previous request to create the named bucket succeeded and you already own it.';
    throw new S3Error('BucketAlreadyOwnedByYou', message, 409, { BucketName: name });
  }
  buckets.create(name, now());
  return { headers: { location: `/${name}` } };
}

async function refuseOtherRegion(call: S3Call): Promise<void> {
  const named = call.body.length === 0 ? undefined : await readDocument(call, locationDocument);
  const region = named?.CreateBucketConfiguration.LocationConstraint;
  if (region === REGION) return;
  const message = `The ${region ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw new S3Error('IllegalLocationConstraintException', message);
}

function deleteBucket({ buckets, versions }: S3State, bucket: Bucket): S3Answer {
  if (!versions.isEmpty(bucket)) {
    const message = 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.';
    throw new S3Error('BucketNotEmpty', message, 409, { BucketName: bucket.name });
  }
  buckets.remove(bucket);
  return { status: 204 };
}
