import * as z from 'zod';

/** The documents that requests bring, as the XML reader gives them: texts; a lone element is no list; an empty one is ''. */

const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]), z.array(item));

const elements = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => (value === '' ? {} : value), z.object(shape));

const text = z.string();

export const deleteDocument = z.object({
  Delete: elements({
    Object: list(z.object({ Key: text, VersionId: text.optional(), ETag: text.optional() })),
    Quiet: text.optional(),
  }),
});

export const completeDocument = z.object({
  CompleteMultipartUpload: elements({
    Part: list(
      z.object({
        PartNumber: z.coerce.number().int().positive(),
        ETag: text,
        ChecksumCRC32: text.optional(),
        ChecksumCRC32C: text.optional(),
        ChecksumCRC64NVME: text.optional(),
        ChecksumSHA1: text.optional(),
        ChecksumSHA256: text.optional(),
      }),
    ),
  }),
});

export const taggingDocument = z.object({
  Tagging: elements({ TagSet: elements({ Tag: list(z.object({ Key: text, Value: text })) }) }),
});

export const versioningDocument = z.object({
  VersioningConfiguration: elements({ Status: z.enum(['Enabled', 'Suspended']), MfaDelete: z.literal('Disabled').optional() }),
});

export const locationDocument = z.object({ CreateBucketConfiguration: elements({ LocationConstraint: text.optional() }) });

export const encryptionDocument = z.object({
  ServerSideEncryptionConfiguration: elements({
    Rule: elements({
      ApplyServerSideEncryptionByDefault: elements({
        SSEAlgorithm: z.enum(['AES256', 'aws:kms', 'aws:kms:dsse']),
        KMSMasterKeyID: text.optional(),
      }),
      BucketKeyEnabled: text.optional(),
    }),
  }),
});

/** A document of this root that is only stored. */
export const storedDocument = (root: string) => z.object({ [root]: z.unknown() });
