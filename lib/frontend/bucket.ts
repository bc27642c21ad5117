/** What has to be true of a bucket before anything is planned on it. */
import { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { client, patiently, within } from '../aws/s3/client.ts';
import { answerOf, faultOf } from '../aws/s3/faults.ts';
import type { FrontendTarget, Manifest, Refusal } from '../contracts.ts';
import { type ExpiryRule, expiryRefusal } from '../domain/frontend/lifecycle.ts';

/** Less than what restores objects has: a person waits for the plan. */
const PATIENCE = { first: 200, longest: 2000, total: 10_000 };

/** Why the bucket cannot be brought back at all; null: it can be reached, keeps versions, and kept them since the target. */
export const bucketRefusal = async (
  { bucket, prefix }: NonNullable<Manifest['frontend']>,
  target: FrontendTarget,
  now: Date,
): Promise<Refusal | null> => {
  try {
    const { Status } = await patiently(() => client.send(new GetBucketVersioningCommand({ Bucket: bucket }), within()), PATIENCE);
    if (Status !== 'Enabled') return unversioned(bucket, Status);
    return target.kind === 'time' ? expiryRefusal(await expiryRules(bucket), prefix, target.at, now) : null;
  } catch (error) {
    return unreachable(bucket, error);
  }
};

const expiryRules = async (bucket: string): Promise<ExpiryRule[]> => {
  const request = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
  try {
    const { Rules = [] } = await patiently(() => client.send(request, within()), PATIENCE);
    return Rules.flatMap(({ ID = 'without a name', Status, Filter, Prefix, NoncurrentVersionExpiration }) => {
      const noncurrentDays = NoncurrentVersionExpiration?.NoncurrentDays;
      const prefix = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';
      return Status === 'Enabled' && noncurrentDays !== undefined ? [{ id: ID, prefix, noncurrentDays }] : [];
    });
  } catch (error) {
    if (answerOf(error).name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
};

const unversioned = (bucket: string, status: string | undefined): Refusal => ({
  code: 'bucket-unversioned',
  message: `Bucket ${bucket} does not keep versions (versioning is ${status ?? 'off'}), so nothing can be brought back and nothing undone. Switch it on: aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled; from then on releases can be rolled back.`,
});

const unreachable = (bucket: string, error: unknown): Refusal => {
  if (faultOf(error) !== 'refused') throw error;
  const { name, message } = answerOf(error);
  const why = [name, message].filter((part) => part !== '').join(': ');
  return {
    code: 'bucket-unreachable',
    message: `Bucket ${bucket} cannot be used (${why.replace(/\.$/, '')}). Check frontend.bucket of the manifest, and that the service may work on it (README, "What buckets need").`,
  };
};
