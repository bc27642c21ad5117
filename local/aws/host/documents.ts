import { createHash } from 'node:crypto';
import { ACCOUNT_ID, AwsError, type Operation } from '../service.ts';
import type { DocumentContent } from './document.ts';

/** A document that was read and found valid. */
export interface RegisteredDocument {
  readonly name: string;
  readonly arn: string;
  readonly content: DocumentContent;
  readonly createdAt: Date;
}

/** Finds a document by name or ARN. */
export function findDocument(documents: readonly RegisteredDocument[], nameOrArn: string): RegisteredDocument | undefined {
  return documents.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
}

function named(documents: readonly RegisteredDocument[], name: string): RegisteredDocument {
  const document = findDocument(documents, name);
  if (!document) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
  return document;
}

function describe({ name, content, createdAt }: RegisteredDocument): object {
  return {
    Name: name,
    Owner: ACCOUNT_ID,
    Status: 'Active',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
    DocumentVersion: '1',
    DefaultVersion: '1',
    LatestVersion: '1',
    SchemaVersion: content.schemaVersion,
    PlatformTypes: ['Linux'],
    CreatedDate: createdAt.getTime() / 1000,
    HashType: 'Sha256',
    Hash: createHash('sha256').update(JSON.stringify(content)).digest('hex'),
    ...(content.description && { Description: content.description }),
    Parameters: Object.entries(content.parameters ?? {}).map(([Name, { type, description, default: usual }]) => ({
      Name,
      Type: type,
      ...(description && { Description: description }),
      ...(usual !== undefined && { DefaultValue: usual }),
    })),
  };
}

/** The operation DescribeDocument. */
export function describeDocument(documents: readonly RegisteredDocument[]): Operation {
  return async (input, call) => {
    const document = findDocument(documents, input.Name);
    await call.authorize('ssm:DescribeDocument', [document?.arn ?? '*']);
    return { Document: describe(named(documents, input.Name)) };
  };
}

/** The operation GetDocument. */
export function getDocument(documents: readonly RegisteredDocument[]): Operation {
  return async (input, call) => {
    const document = findDocument(documents, input.Name);
    await call.authorize('ssm:GetDocument', [document?.arn ?? '*']);
    const { name, content, createdAt } = named(documents, input.Name);
    return {
      Name: name,
      Content: JSON.stringify(content),
      CreatedDate: createdAt.getTime() / 1000,
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      DocumentVersion: '1',
      Status: 'Active',
    };
  };
}
