import { S3Client } from '@aws-sdk/client-s3';
import type * as z from 'zod';
import type { Manifest } from '../lib/contracts.ts';
import type { LaptopAws } from './aws/laptop.ts';
import { REGION } from './aws/service.ts';
import { type Build, deploySite } from './sample/site.ts';

/** A versioned bucket with a distribution in front of it. */
export interface Site {
  readonly bucket: string;
  /** Address that people use. */
  readonly url: string;
  /** The `frontend` section of the application's manifest. */
  readonly manifest: NonNullable<z.input<typeof Manifest>['frontend']>;
  readonly s3: S3Client;
  /** Puts a build into the bucket, as a deployment pipeline would; it invalidates nothing. */
  deploy(build: Build): Promise<void>;
}

/** Opens the site of an application; its bucket is found again in a state folder of an earlier start. */
export async function openSite(aws: LaptopAws, application: string): Promise<Site> {
  const bucket = `${application}-frontend`;
  const distribution = `E2${application.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`;
  aws.s3.createBucket(bucket, { versioning: 'Enabled' });
  const { url } = await aws.cloudfront.createDistribution({ id: distribution, bucket, defaultRootObject: 'index.html' });
  const s3 = new S3Client({
    endpoint: aws.endpoint,
    region: REGION,
    credentials: aws.credentials('admin'),
    forcePathStyle: true,
  });
  return {
    bucket,
    url,
    manifest: { bucket, entryPoints: ['index.html'], distribution, url: `${url}/` },
    s3,
    deploy: (build) => deploySite(s3, bucket, build),
  };
}
