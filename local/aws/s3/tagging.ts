import { versionHeaders } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { objectArn, readDocument, type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { taggingDocument } from './documents.ts';
import { findObject } from './find.ts';
import { checkTags } from './tags.ts';
import type { ObjectVersion, Tags } from './versions.ts';
import { element } from './xml.ts';

/** The tags of objects and of single versions. Tagging makes no new version. */
export function taggingOperations(state: S3State): S3Operations {
  const setTags = async (call: S3Call, tags: Tags, status: number): Promise<S3Answer> => {
    const { bucket, version } = await findTagged(state, call, status === 204 ? 'Delete' : 'Put');
    state.versions.setTags(bucket, version, tags);
    return { status, headers: versionHeaders(bucket, version.versionId) };
  };
  return {
    async GetObjectTagging(call) {
      const { bucket, version } = await findTagged(state, call, 'Get');
      return xmlAnswer('Tagging', tagSet(version.tags), versionHeaders(bucket, version.versionId));
    },
    async PutObjectTagging(call) {
      const { Tagging } = await readDocument(call, taggingDocument);
      return setTags(call, checkTags(Tagging.TagSet.Tag.map(({ Key, Value }) => [Key, Value])), 200);
    },
    DeleteObjectTagging: (call) => setTags(call, {}, 204),
  };
}

async function findTagged(
  state: S3State,
  call: S3Call,
  verb: 'Get' | 'Put' | 'Delete',
): Promise<{ bucket: Bucket; version: ObjectVersion }> {
  const { Bucket: name, Key: key, VersionId: versionId } = call.input;
  const bucket = state.buckets.get(name);
  await call.authorize(`s3:${verb}${versionId === undefined ? 'Object' : 'ObjectVersion'}Tagging`, objectArn(name, key));
  return { bucket, version: await findObject(state, call, bucket, { key, versionId }) };
}

function tagSet(tags: Tags): string {
  return element('TagSet', { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });
}
