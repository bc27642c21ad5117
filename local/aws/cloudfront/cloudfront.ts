import * as z from 'zod';
import type { CallFaults } from '../call-faults.ts';
import type { WireAnswer, WireRequest } from '../http.ts';
import type { Iam, Identity } from '../iam.ts';
import { encodeQueryError } from '../query-protocol.ts';
import type { S3Service } from '../s3/s3.ts';
import { document, element, readXml, type XmlValue } from '../s3/xml.ts';
import type { RestService } from '../server.ts';
import { AwsError, REGION } from '../service.ts';
import { type Distribution, type DistributionOptions, openDistribution } from './distribution.ts';
import type { Invalidation } from './invalidations.ts';

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';
const INVALIDATION_MS = 1000;
const MAX_LISTED = 100;

export interface CloudFrontOptions {
  readonly s3: Pick<S3Service, 'currentObject' | 'readObject'>;
  readonly iam: Pick<Iam, 'authorize'>;
  readonly faults?: CallFaults;
  /** How long an invalidation takes; a second unless told. */
  readonly invalidationMs?: number;
  readonly now?: () => Date;
}

export interface CloudFrontService extends RestService {
  /** Opens a distribution in front of a bucket. Nothing of it outlives a restart. */
  createDistribution(options: DistributionOptions): Promise<Distribution>;
  /** Ends the listeners. */
  close(): Promise<void>;
}

/** The members of a call that it is told apart by. */
interface Call {
  readonly operation: string;
  readonly distributionId: string;
  readonly id?: string | undefined;
  readonly body: Buffer;
  /** Of a listing. */
  readonly query: URLSearchParams;
}

/** CloudFront's REST API, as far as deployments use it. */
export function createCloudFront(options: CloudFrontOptions): CloudFrontService {
  const { now = () => new Date(), invalidationMs = INVALIDATION_MS } = options;
  const distributions = new Map<string, Distribution>();
  const handle = async (request: WireRequest, caller: Identity): Promise<WireAnswer> => {
    const call = decode(request);
    const run = async () => {
      const distribution = distributions.get(call.distributionId);
      if (!distribution) throw new AwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);
      await options.iam.authorize(caller, `cloudfront:${call.operation}`, [distribution.arn]);
      return carryOut(distribution, call);
    };
    const input = { DistributionId: call.distributionId, Id: call.id ?? call.distributionId };
    const struck = { service: 'cloudfront', operation: call.operation, input, caller: caller.arn };
    return options.faults ? options.faults.carryOut(struck, run) : run();
  };
  return {
    scope: 'cloudfront',
    handle,
    refuse: (error) => encodeQueryError(asCloudFrontError(error)),
    async createDistribution(distribution) {
      if (distributions.has(distribution.id)) throw new Error(`there is a distribution ${distribution.id} already`);
      const opened = await openDistribution(distribution, { s3: options.s3, now: () => now().getTime(), invalidationMs });
      distributions.set(distribution.id, opened);
      return opened;
    },
    async close() {
      await Promise.all([...distributions.values()].map((distribution) => distribution.close()));
    },
  };
}

function asCloudFrontError(error: AwsError): AwsError {
  return error.code === 'AccessDeniedException' ? new AwsError('AccessDenied', error.message, 403) : error;
}

const PATH = /^\/2020-05-31\/distribution\/([^/]+)(\/invalidation(?:\/([^/]+))?)?$/;
const OPERATIONS: Readonly<Record<string, string>> = {
  'GET distribution': 'GetDistribution',
  'GET invalidation': 'GetInvalidation',
  'GET invalidations': 'ListInvalidations',
  'POST invalidations': 'CreateInvalidation',
};

function decode({ method, path, query, body }: WireRequest): Call {
  const [, distributionId, invalidation, id] = PATH.exec(path) ?? [];
  const kind = invalidation === undefined ? 'distribution' : id === undefined ? 'invalidations' : 'invalidation';
  const operation = OPERATIONS[`${method} ${kind}`];
  if (distributionId !== undefined && operation !== undefined) {
    return { operation, distributionId, id, body, query: new URLSearchParams(query) };
  }
  throw new AwsError('NotImplemented', `${method} ${path} is not implemented by the CloudFront of the laptop AWS`, 501);
}

function carryOut(distribution: Distribution, call: Call): WireAnswer {
  const { invalidations } = distribution;
  switch (call.operation) {
    case 'CreateInvalidation': {
      const made = invalidations.create(...batchOf(call.body));
      const location = `https://cloudfront.amazonaws.com/2020-05-31/distribution/${distribution.id}/invalidation/${made.id}`;
      return answer(201, 'Invalidation', describeInvalidation(made), { location });
    }
    case 'GetInvalidation':
      return answer(200, 'Invalidation', describeInvalidation(invalidations.get(call.id ?? '')));
    case 'ListInvalidations':
      return answer(200, 'InvalidationList', listed(invalidations.list(), call.query));
    default:
      return answer(200, 'Distribution', describeDistribution(distribution), { etag: 'E1LAPTOP' });
  }
}

const oneOrMore = z.preprocess(
  (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.string()),
);
const batchDocument = z.object({
  InvalidationBatch: z.object({
    CallerReference: z.string(),
    Paths: z.object({ Quantity: z.coerce.number(), Items: z.object({ Path: oneOrMore }) }),
  }),
});

function batchOf(body: Buffer): [callerReference: string, paths: readonly string[]] {
  const batch = readXml(body, batchDocument)?.InvalidationBatch;
  if (!batch) throw new AwsError('MalformedInput', 'Could not parse the request body.');
  const { Quantity, Items } = batch.Paths;
  if (Quantity !== Items.Path.length) {
    throw new AwsError('InconsistentQuantities', 'The value of Quantity and the size of Items don’t match.');
  }
  if (Items.Path.length === 0 || Items.Path.some((path) => !/^\/[^*]*\*?$/.test(path))) {
    throw new AwsError('InvalidArgument', 'Your request contains one or more invalid invalidation paths.');
  }
  return [batch.CallerReference, Items.Path];
}

type Members = { readonly [name: string]: XmlValue };

function answer(status: number, root: string, members: Members, headers: Record<string, string> = {}): WireAnswer {
  const elements = Object.entries(members).map(([name, value]) => element(name, value));
  return { status, headers: { 'content-type': 'text/xml', ...headers }, body: document(root, elements.join(''), NAMESPACE) };
}

function summarize({ id, created, isCompleted }: Invalidation) {
  return { Id: id, CreateTime: new Date(created), Status: isCompleted ? 'Completed' : 'InProgress' };
}

function describeInvalidation(invalidation: Invalidation): Members {
  const { callerReference, paths } = invalidation;
  const Paths = { Quantity: paths.length, Items: { Path: paths } };
  return { ...summarize(invalidation), InvalidationBatch: { Paths, CallerReference: callerReference } };
}

function listed(all: readonly Invalidation[], query: URLSearchParams): Members {
  const [marker, limit] = [query.get('Marker') ?? '', Number(query.get('MaxItems') ?? MAX_LISTED)];
  const start = all.findIndex(({ id }) => id === marker) + 1;
  const shown = all.slice(start, start + limit);
  const isTruncated = start + limit < all.length;
  return {
    Marker: marker,
    NextMarker: isTruncated ? shown.at(-1)?.id : undefined,
    MaxItems: limit,
    IsTruncated: isTruncated,
    Quantity: shown.length,
    Items: { InvalidationSummary: shown.map(summarize) },
  };
}

function describeDistribution({ id, arn, created, url, options, invalidations }: Distribution): Members {
  const origin = {
    Id: 'bucket',
    DomainName: `${options.bucket}.s3.${REGION}.amazonaws.com`,
    OriginPath: options.originPath ?? '',
    S3OriginConfig: { OriginAccessIdentity: '' },
  };
  return {
    Id: id,
    ARN: arn,
    Status: 'Deployed',
    LastModifiedTime: created,
    InProgressInvalidationBatches: invalidations.list().filter(({ isCompleted }) => !isCompleted).length,
    DomainName: new URL(url).host,
    DistributionConfig: {
      CallerReference: id,
      DefaultRootObject: options.defaultRootObject ?? '',
      Origins: { Quantity: 1, Items: { Origin: [origin] } },
      DefaultCacheBehavior: { TargetOriginId: origin.Id, ViewerProtocolPolicy: 'allow-all' },
      Comment: '',
      Enabled: true,
    },
  };
}
