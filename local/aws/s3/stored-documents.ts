import {
  bucketArn,
  readDocument,
  type S3Answer,
  type S3Call,
  type S3Operation,
  type S3Operations,
  type S3State,
} from './call.ts';
import { storedDocument } from './documents.ts';
import { S3Error } from './errors.ts';

/** A configuration of a bucket that is kept as it was put, and has no effect. */
interface Kind {
  /** Behind Get, Put and Delete in the operation's name. */
  readonly operation: string;
  readonly deletion: string;
  /** Behind Get and Put in the IAM action; deleting needs the permission to put, unless told. */
  readonly action: string;
  readonly deleteAction?: string;
  /** Root of the XML document; without one it is JSON. */
  readonly root?: string;
  /** What answers when there is none. */
  readonly missing: readonly [code: string, message: string];
  /** Status of a put. */
  readonly status: number;
}

const KINDS: Readonly<Record<string, Kind>> = {
  lifecycle: {
    operation: 'BucketLifecycleConfiguration',
    deletion: 'BucketLifecycle',
    action: 'LifecycleConfiguration',
    root: 'LifecycleConfiguration',
    missing: ['NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
    status: 200,
  },
  policy: {
    operation: 'BucketPolicy',
    deletion: 'BucketPolicy',
    action: 'BucketPolicy',
    deleteAction: 'DeleteBucketPolicy',
    missing: ['NoSuchBucketPolicy', 'The bucket policy does not exist'],
    status: 204,
  },
  publicAccessBlock: {
    operation: 'PublicAccessBlock',
    deletion: 'PublicAccessBlock',
    action: 'BucketPublicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    missing: ['NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found'],
    status: 200,
  },
  tagging: {
    operation: 'BucketTagging',
    deletion: 'BucketTagging',
    action: 'BucketTagging',
    root: 'Tagging',
    missing: ['NoSuchTagSet', 'The TagSet does not exist'],
    status: 204,
  },
};

/** Get, Put and Delete of the configurations that are only kept. */
export function documentOperations({ buckets }: S3State): S3Operations {
  const set = (call: S3Call, name: string, text: string | undefined): void => {
    const bucket = buckets.get(call.input.Bucket);
    const { [name]: _, ...others } = bucket.documents;
    buckets.configure(bucket, { documents: text === undefined ? others : { ...others, [name]: text } });
  };
  const authorize = (call: S3Call, action: string) =>
    call.authorize(`s3:${action}`, bucketArn(buckets.get(call.input.Bucket).name));
  const operationsOf = ([name, kind]: [string, Kind]): readonly (readonly [string, S3Operation])[] => [
    [
      `Get${kind.operation}`,
      async (call): Promise<S3Answer> => {
        await authorize(call, `Get${kind.action}`);
        const text = buckets.get(call.input.Bucket).documents[name];
        if (text === undefined) throw new S3Error(...kind.missing, 404, { BucketName: call.input.Bucket });
        return { headers: { 'content-type': kind.root ? 'application/xml' : 'application/json' }, body: text };
      },
    ],
    [
      `Put${kind.operation}`,
      async (call): Promise<S3Answer> => {
        await authorize(call, `Put${kind.action}`);
        if (kind.root) await readDocument(call, storedDocument(kind.root));
        set(call, name, call.body.toString('utf8'));
        return { status: kind.status };
      },
    ],
    [
      `Delete${kind.deletion}`,
      async (call): Promise<S3Answer> => {
        await authorize(call, kind.deleteAction ?? `Put${kind.action}`);
        set(call, name, undefined);
        return { status: 204 };
      },
    ],
  ];
  return Object.fromEntries(Object.entries(KINDS).flatMap(operationsOf));
}
