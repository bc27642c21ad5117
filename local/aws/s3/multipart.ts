import { authorizeWrite, encryptionHeaders, newObjectOf } from './attributes.ts';
import { type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { algorithmOf, type Checksum, type ChecksumAlgorithm } from './checksums.ts';
import { completeUpload } from './complete-upload.ts';
import { S3Error } from './errors.ts';
import { findUpload } from './find.ts';
import { copyPart, uploadPart } from './parts.ts';
import { listParts, listUploads } from './upload-lists.ts';
import { element } from './xml.ts';

/** Uploads in parts. */
export function multipartOperations(state: S3State): S3Operations {
  return {
    CreateMultipartUpload: (call) => createUpload(state, call),
    UploadPart: (call) => uploadPart(state, call),
    UploadPartCopy: (call) => copyPart(state, call),
    CompleteMultipartUpload: (call) => completeUpload(state, call),
    async AbortMultipartUpload(call) {
      state.uploads.remove(await findUpload(state, call, 's3:AbortMultipartUpload'));
      return { status: 204 };
    },
    ListParts: (call) => listParts(state, call),
    ListMultipartUploads: (call) => listUploads(state, call),
  };
}

async function createUpload(state: S3State, call: S3Call): Promise<S3Answer> {
  const bucket = state.buckets.get(call.input.Bucket);
  const object = newObjectOf(call, bucket);
  await authorizeWrite(call, object);
  const { ChecksumAlgorithm: name, ChecksumType: type, Key: key } = call.input;
  const algorithm = name === undefined ? undefined : algorithmOf(name);
  const checksumType = checksumTypeOf(type, algorithm);
  const id = state.uploads.create(bucket, key, state.now(), { ...object, checksumType, ...(algorithm && { algorithm }) });
  const elements = element('Bucket', bucket.name) + element('Key', key) + element('UploadId', id);
  return xmlAnswer('InitiateMultipartUploadResult', elements, {
    ...encryptionHeaders(object.attributes.encryption),
    ...(algorithm && { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType }),
  });
}

/** Of the parts, but of the whole where the algorithm is only made for it or none was asked for. */
function checksumTypeOf(asked: string | undefined, algorithm: ChecksumAlgorithm | undefined): Checksum['type'] {
  const isWhole = algorithm === undefined || algorithm === 'CRC64NVME';
  const type = asked ?? (isWhole ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' && !algorithm?.startsWith('SHA')) return type;
  if (type === 'COMPOSITE' && !isWhole) return type;
  throw new S3Error('InvalidRequest', `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
}
