import type { Encryption } from './buckets.ts';
import { S3Error } from './errors.ts';
import { element } from './xml.ts';

/** 3 to 63 lower-case letters, digits, dots and hyphens, letters or digits at both ends. */
const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/** Throws `InvalidBucketName`. */
export function refuseBadName(name: string): void {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (NAME.test(name) && !name.includes('..') && !isAddress && !RESERVED.test(name)) return;
  throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
}

/** The rules of a bucket's default encryption; every bucket has one. */
export function encryptionRules({ algorithm, keyArn, bucketKey = false }: Encryption): string {
  return element('Rule', {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: keyArn },
    BucketKeyEnabled: bucketKey,
  });
}
