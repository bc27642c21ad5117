import type { Resource } from '../template.ts';
import { makeEncryption } from './attributes.ts';
import type { BucketConfiguration } from './buckets.ts';
import { NAMESPACE } from './call.ts';
import { document, element, type XmlValue } from './xml.ts';

/** A bucket that is there from the start. */
export interface BucketDefinition extends Partial<BucketConfiguration> {
  readonly name: string;
}

/** A bucket of the template. Throws for a lifecycle rule that the laptop can't write down. */
export function bucketOf({ logicalId, name, properties }: Resource): BucketDefinition {
  const { VersioningConfiguration, BucketEncryption, LifecycleConfiguration } = properties;
  const rule = BucketEncryption?.ServerSideEncryptionConfiguration?.[0];
  const encryption = rule?.ServerSideEncryptionByDefault;
  const lifecycle = LifecycleConfiguration && lifecycleDocument(logicalId, LifecycleConfiguration.Rules);
  return {
    name,
    ...(VersioningConfiguration && { versioning: VersioningConfiguration.Status }),
    ...(encryption && {
      encryption: makeEncryption(encryption.SSEAlgorithm, encryption.KMSMasterKeyID, rule.BucketKeyEnabled === true),
    }),
    ...(lifecycle && { documents: { lifecycle } }),
  };
}

type Properties = Resource['properties'];

/** Properties of a rule that S3's document has under another name, or deeper. */
const TRANSLATED: Readonly<Record<string, (value: Properties[string]) => Record<string, XmlValue>>> = {
  Id: (value) => ({ ID: value }),
  Prefix: (value) => ({ Prefix: value }),
  Status: (value) => ({ Status: value }),
  ExpirationInDays: (value) => ({ Expiration: { Days: value } }),
  ExpiredObjectDeleteMarker: (value) => ({ Expiration: { ExpiredObjectDeleteMarker: value } }),
  NoncurrentVersionExpirationInDays: (value) => ({ NoncurrentVersionExpiration: { NoncurrentDays: value } }),
  NoncurrentVersionExpiration: (value) => ({ NoncurrentVersionExpiration: value }),
  AbortIncompleteMultipartUpload: (value) => ({ AbortIncompleteMultipartUpload: value }),
  Transitions: (value) => ({
    Transition: value.map(({ StorageClass, TransitionInDays }: Properties) => ({ Days: TransitionInDays, StorageClass })),
  }),
};

function lifecycleDocument(logicalId: string, rules: readonly Properties[]): string {
  const written = rules.map((rule) => {
    const translated = Object.entries(rule).map(([name, value]) => {
      const translate = TRANSLATED[name];
      if (!translate) throw new Error(`${logicalId}: the laptop AWS doesn't know '${name}' of a lifecycle rule`);
      return translate(value);
    });
    return element('Rule', Object.assign({ Filter: { Prefix: '' } }, ...translated));
  });
  return document('LifecycleConfiguration', written.join(''), NAMESPACE);
}
