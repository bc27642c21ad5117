import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { CallFaults } from '../call-faults.ts';
import type { WireAnswer, WireRequest } from '../http.ts';
import type { Iam, Identity } from '../iam.ts';
import type { RestService } from '../server.ts';
import { ACCOUNT_ID, AwsError } from '../service.ts';
import { bucketOperations } from './bucket-operations.ts';
import { Buckets } from './buckets.ts';
import { type S3Answer, type S3Call, type S3Operations, type S3State, wireAnswer } from './call.ts';
import { Contents } from './contents.ts';
import { copyOperations } from './copies.ts';
import { Database } from './database.ts';
import type { BucketDefinition } from './definitions.ts';
import { deleteOperations } from './deletes.ts';
import { asS3Error, errorDocument, S3Error } from './errors.ts';
import { listOperations } from './lists.ts';
import { multipartOperations } from './multipart.ts';
import { answerRead, type Reading, readOperations } from './reads.ts';
import { addressOf, decodeRequest, type S3Request } from './request.ts';
import { type SeedEntry, seedBucket } from './seed.ts';
import { documentOperations } from './stored-documents.ts';
import { taggingOperations } from './tagging.ts';
import { Uploads } from './uploads.ts';
import { type ObjectVersion, Versions } from './versions.ts';
import { writeOperations } from './writes.ts';

const GIBIBYTE = 1024 ** 3;
const MEBIBYTE = 1024 ** 2;
/** Bytes of one request; S3 itself takes 5 GiB. */
const BODY_LIMIT = 128 * MEBIBYTE;

export interface S3Options {
  /** State folder: buckets and objects in it outlive a restart. */
  readonly directory: string;
  /** Buckets that are to be there; the settings of those that are already become these. */
  readonly buckets?: readonly BucketDefinition[];
  readonly iam: Pick<Iam, 'authorize'>;
  readonly now?: () => Date;
  readonly faults?: CallFaults;
  /** The largest source of CopyObject and range of UploadPartCopy; 5 GiB unless told. */
  readonly maxCopyBytes?: number;
  /** The smallest part but the last; 5 MiB unless told. */
  readonly minPartBytes?: number;
}

/** The service with its back doors. */
export interface S3Service extends RestService {
  createBucket(name: string, settings?: Omit<BucketDefinition, 'name'>): void;
  /** Inserts objects fast, past IAM and limits, in the order given: the versions of a key from old to new. Answers how many. */
  seed(bucket: string, entries: Iterable<SeedEntry>): number;
  /** Removes a version for good, as a lifecycle rule does. */
  expireVersion(bucket: string, key: string, versionId: string): void;
  /** Requests so far by operation, refused ones too. */
  requests(): Readonly<Record<string, number>>;
  resetRequests(): void;
  /** The object that a key has now, for an origin that reads past the API. */
  currentObject(bucket: string, key: string): ObjectVersion | undefined;
  /** Answers a read of an object that `currentObject` gave, even if it is deleted by now. Throws `PreconditionFailed` or `InvalidRange`. */
  readObject(bucket: string, version: ObjectVersion, reading: Reading): S3Answer;
}

/** S3 with versioned buckets over its REST protocol. What it doesn't have is refused with `NotImplemented`. */
export function createS3(options: S3Options): S3Service {
  const state = openState(options);
  const operations = operationsOf(state);
  const counters = new Map<string, number>();
  for (const definition of options.buckets ?? []) ensureBucket(state, definition);

  const run = async (wire: WireRequest, caller: Identity): Promise<S3Answer> => {
    const request = decodeRequest(wire);
    const { operation, input } = request;
    counters.set(operation, (counters.get(operation) ?? 0) + 1);
    const carryOut = () => answerCall(operations, callOf(request, caller, options.iam));
    const struck = { service: 's3', operation, input: { ...input, Metadata: request.metadata }, caller: caller.arn };
    return options.faults ? options.faults.carryOut(struck, carryOut) : carryOut();
  };

  return {
    scope: 's3',
    bodyLimit: BODY_LIMIT,
    handle: async (wire, caller) => wireAnswer(await run(wire, caller), requestId()),
    handleUnsigned: async (wire) => (isOf(state, wire) ? refuse(unsigned(), wire) : undefined),
    refuse,
    close: async () => state.database.close(),
    createBucket: (name, settings = {}) => ensureBucket(state, { name, ...settings }),
    seed: (bucket, entries) => seedBucket(state, state.buckets.get(bucket), entries),
    expireVersion: (name, key, versionId) => expireVersion(state, name, key, versionId),
    requests: () => Object.fromEntries(counters),
    resetRequests: () => counters.clear(),
    currentObject: (bucket, key) => state.versions.current(state.buckets.get(bucket), key),
    readObject: (bucket, version, reading) => answerRead(state.buckets.get(bucket), version, reading, state.contents),
  };
}

function openState({ directory, now = () => new Date(), maxCopyBytes, minPartBytes }: S3Options): S3State {
  const folder = join(directory, 's3');
  const database = new Database(folder);
  return {
    database,
    buckets: new Buckets(database),
    versions: new Versions(database),
    contents: new Contents(folder, database),
    uploads: new Uploads(database),
    now: () => now().getTime(),
    maxCopyBytes: maxCopyBytes ?? 5 * GIBIBYTE,
    minPartBytes: minPartBytes ?? 5 * MEBIBYTE,
  };
}

function operationsOf(state: S3State): S3Operations {
  return {
    ...bucketOperations(state),
    ...documentOperations(state),
    ...listOperations(state),
    ...readOperations(state),
    ...taggingOperations(state),
    ...writeOperations(state),
    ...copyOperations(state),
    ...deleteOperations(state),
    ...multipartOperations(state),
  };
}

function ensureBucket({ buckets, now }: S3State, { name, ...settings }: BucketDefinition): void {
  const bucket = buckets.find(name) ?? buckets.create(name, now());
  buckets.configure(bucket, settings);
}

function expireVersion({ buckets, versions }: S3State, name: string, key: string, versionId: string): void {
  const bucket = buckets.get(name);
  const version = versions.find(bucket, key, versionId);
  if (!version) throw new Error(`${name}/${key} has no version ${versionId}`);
  versions.remove(bucket, version);
}

function callOf(request: S3Request, caller: Identity, iam: S3Options['iam']): S3Call {
  return {
    ...request,
    authorize: (action, resource, conditions) => iam.authorize(caller, action, [resource], conditions),
  };
}

async function answerCall(operations: S3Operations, call: S3Call): Promise<S3Answer> {
  const operation = operations[call.operation];
  if (!operation) throw new Error(`no operation ${call.operation}`);
  const { ExpectedBucketOwner: owner } = call.input;
  if (owner !== undefined && owner !== ACCOUNT_ID) throw new S3Error('AccessDenied', 'Access Denied', 403);
  return operation(call);
}

/** S3's form of an error. One with the status 200 is how CopyObject tells of a failure after it began to answer. */
function refuse(error: AwsError, wire?: WireRequest): WireAnswer {
  const refused = asS3Error(error);
  const id = requestId();
  const headers = { 'content-type': 'application/xml', ...refused.headers };
  const body = wire?.method === 'HEAD' ? '' : errorDocument(refused, wire?.path ?? '/', id);
  return wireAnswer({ status: refused.status, headers, body }, id);
}

const unsigned = () => new AwsError('AccessDenied', 'Access Denied', 403);

/** An unsigned request is S3's when it names one of its buckets. */
function isOf({ buckets }: S3State, wire: WireRequest): boolean {
  try {
    return buckets.find(addressOf(wire).bucket) !== undefined;
  } catch {
    return false;
  }
}

/** 16 hexadecimal digits, as S3's. */
const requestId = () => randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase();
