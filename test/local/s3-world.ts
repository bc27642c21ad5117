import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { CallFaults } from '../../local/aws/call-faults.ts';
import { type CloudFrontService, createCloudFront } from '../../local/aws/cloudfront/cloudfront.ts';
import { type Credentials, createIam, type Iam } from '../../local/aws/iam.ts';
import { createS3, type S3Options, type S3Service } from '../../local/aws/s3/s3.ts';
import { listen } from '../../local/aws/server.ts';
import { REGION } from '../../local/aws/service.ts';
import { signedFetch } from './signed-fetch.ts';

/** An IAM statement that allows actions on resources. */
export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
});

export interface S3World {
  readonly endpoint: string;
  readonly iam: Iam;
  readonly s3: S3Service;
  readonly cloudfront: CloudFrontService;
  readonly faults: CallFaults;
  /** Signs as somebody who may do everything. */
  readonly credentials: Credentials;
  readonly directory: string;
  /** A client of somebody with these statements; of somebody who may do everything without. */
  client(statements?: readonly object[], options?: S3ClientConfig): S3Client;
  /** A raw signed request of somebody who may do everything, for what no SDK sends. */
  fetch(path: string, method: string, body?: string, headers?: Record<string, string>): Promise<Response>;
  distributions(statements?: readonly object[], region?: string): CloudFrontClient;
  close(): Promise<void>;
}

/** S3 and CloudFront on a port of their own, with a versioned bucket `versioned` and one without versions, `plain`. */
export async function startS3World(options: Partial<S3Options> & { readonly invalidationMs?: number } = {}): Promise<S3World> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 's3-'));
  const [iam, faults] = [createIam([]), new CallFaults()];
  const buckets = [{ name: 'versioned', versioning: 'Enabled' as const }, { name: 'plain' }];
  const s3 = createS3({ directory, buckets, iam, faults, ...options });
  const cloudfront = createCloudFront({ s3, iam, faults, ...options });
  const server = await listen(0, () => ({ iam, faults, services: [], restServices: [s3, cloudfront] }));
  const keysOf = (statements: readonly object[]) => iam.addUser('somebody', [{ Version: '2012-10-17', Statement: statements }]);
  const everything = [allow('*')];
  const configOf = (statements: readonly object[]) => ({
    endpoint: server.endpoint,
    region: REGION,
    credentials: keysOf(statements),
    maxAttempts: 1,
  });
  const credentials = keysOf(everything);
  return {
    endpoint: server.endpoint,
    iam,
    s3,
    cloudfront,
    faults,
    credentials,
    directory,
    client: (statements = everything, more = {}) => new S3Client({ ...configOf(statements), ...more }),
    fetch: (path, method, body, headers = {}) =>
      signedFetch(`${server.endpoint}${path}`, {
        method,
        service: 's3',
        credentials,
        headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
        ...(body !== undefined && { body }),
      }),
    distributions: (statements = everything, region = REGION) => new CloudFrontClient({ ...configOf(statements), region }),
    async close() {
      await server.close();
      await cloudfront.close();
      await s3.close?.();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
