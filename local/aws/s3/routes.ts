import { notImplemented } from './errors.ts';

type Level = 'Service' | 'Bucket' | 'Object';

/** Method, level, subresource -> operation. A copy source counts as a subresource of its own. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'GET Service': 'ListBuckets',
  'PUT Bucket': 'CreateBucket',
  'HEAD Bucket': 'HeadBucket',
  'DELETE Bucket': 'DeleteBucket',
  'GET Bucket': 'ListObjects',
  'GET Bucket list-type': 'ListObjectsV2',
  'GET Bucket versions': 'ListObjectVersions',
  'GET Bucket uploads': 'ListMultipartUploads',
  'POST Bucket delete': 'DeleteObjects',
  'GET Bucket location': 'GetBucketLocation',
  'GET Bucket versioning': 'GetBucketVersioning',
  'PUT Bucket versioning': 'PutBucketVersioning',
  'GET Bucket encryption': 'GetBucketEncryption',
  'PUT Bucket encryption': 'PutBucketEncryption',
  'DELETE Bucket encryption': 'DeleteBucketEncryption',
  'GET Bucket lifecycle': 'GetBucketLifecycleConfiguration',
  'PUT Bucket lifecycle': 'PutBucketLifecycleConfiguration',
  'DELETE Bucket lifecycle': 'DeleteBucketLifecycle',
  'GET Bucket policy': 'GetBucketPolicy',
  'PUT Bucket policy': 'PutBucketPolicy',
  'DELETE Bucket policy': 'DeleteBucketPolicy',
  'GET Bucket publicAccessBlock': 'GetPublicAccessBlock',
  'PUT Bucket publicAccessBlock': 'PutPublicAccessBlock',
  'DELETE Bucket publicAccessBlock': 'DeletePublicAccessBlock',
  'GET Bucket tagging': 'GetBucketTagging',
  'PUT Bucket tagging': 'PutBucketTagging',
  'DELETE Bucket tagging': 'DeleteBucketTagging',
  'GET Object': 'GetObject',
  'HEAD Object': 'HeadObject',
  'PUT Object': 'PutObject',
  'PUT Object copy': 'CopyObject',
  'DELETE Object': 'DeleteObject',
  'GET Object attributes': 'GetObjectAttributes',
  'GET Object tagging': 'GetObjectTagging',
  'PUT Object tagging': 'PutObjectTagging',
  'DELETE Object tagging': 'DeleteObjectTagging',
  'POST Object uploads': 'CreateMultipartUpload',
  'PUT Object uploadId': 'UploadPart',
  'PUT Object uploadId copy': 'UploadPartCopy',
  'POST Object uploadId': 'CompleteMultipartUpload',
  'DELETE Object uploadId': 'AbortMultipartUpload',
  'GET Object uploadId': 'ListParts',
};

/** Subresources of operations that the laptop doesn't have, with what they are called in an operation's name. */
const UNKNOWN: Readonly<Record<string, string>> = {
  accelerate: 'AccelerateConfiguration',
  acl: 'Acl',
  analytics: 'AnalyticsConfiguration',
  cors: 'Cors',
  'intelligent-tiering': 'IntelligentTieringConfiguration',
  inventory: 'InventoryConfiguration',
  'legal-hold': 'LegalHold',
  logging: 'Logging',
  metrics: 'MetricsConfiguration',
  notification: 'NotificationConfiguration',
  'object-lock': 'LockConfiguration',
  ownershipControls: 'OwnershipControls',
  policyStatus: 'PolicyStatus',
  renameObject: 'Rename',
  replication: 'Replication',
  requestPayment: 'RequestPayment',
  restore: 'Restore',
  retention: 'Retention',
  select: 'SelectContent',
  session: 'Session',
  torrent: 'Torrent',
  website: 'Website',
};

const KNOWN = new Set(Object.keys(OPERATIONS).flatMap((route) => route.split(' ').slice(2)));

/** The operation that a request is. Throws `NotImplemented`, naming it, for one that the laptop doesn't have. */
export function operationOf(
  method: string,
  { bucket, key, query, isCopy }: { bucket: string; key: string; query: readonly string[]; isCopy: boolean },
): string {
  const level: Level = bucket === '' ? 'Service' : key === '' ? 'Bucket' : 'Object';
  const unknown = query.find((name) => name in UNKNOWN);
  if (unknown !== undefined) throw notImplemented(unknownOperation(method, level, UNKNOWN[unknown] ?? unknown));
  const subresource = query.filter((name) => KNOWN.has(name));
  const operation = OPERATIONS[[method, level, ...subresource, ...(isCopy ? ['copy'] : [])].join(' ')];
  if (!operation) throw notImplemented(`${method} on a${level === 'Object' ? 'n' : ''} ${level} ${subresource.join(' ')}`.trim());
  return operation;
}

function unknownOperation(method: string, level: Level, noun: string): string {
  const verb = { GET: 'Get', PUT: 'Put', DELETE: 'Delete', HEAD: 'Head' }[method] ?? '';
  return `${verb}${level}${noun}`;
}
