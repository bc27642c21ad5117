/** What has to be true of a bucket before anything is planned on it. */
import { GetBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { Refusal } from '../contracts.ts';

const client = new S3Client({});

/** Why the bucket cannot be brought back at all; null: it keeps versions and can be reached. Throws what a retry can cure. */
export const bucketRefusal = async (bucket: string): Promise<Refusal | null> => {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    return Status === 'Enabled' ? null : unversioned(bucket, Status);
  } catch (error) {
    return unreachable(bucket, error);
  }
};

const unversioned = (bucket: string, status: string | undefined): Refusal => ({
  code: 'bucket-unversioned',
  message: `Bucket ${bucket} does not keep versions (versioning is ${status ?? 'off'}), so nothing can be brought back and nothing undone. Switch it on: aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled; from then on releases can be rolled back.`,
});

/** Errors of the bucket itself, not of the moment. */
const OF_THE_BUCKET = ['NoSuchBucket', 'AccessDenied', 'PermanentRedirect', 'AllAccessDisabled', 'InvalidBucketName'];

const unreachable = (bucket: string, error: unknown): Refusal => {
  if (!(error instanceof Error) || !OF_THE_BUCKET.includes(error.name)) throw error;
  return {
    code: 'bucket-unreachable',
    message: `Bucket ${bucket} cannot be used: ${error.name}. Check frontend.bucket of the manifest, and that the service may work on it (README, "Buckets").`,
  };
};
