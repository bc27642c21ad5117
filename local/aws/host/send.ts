import { randomUUID } from 'node:crypto';
import { AwsError } from '../service.ts';
import { stepTimeout } from './agent.ts';
import type { Command, Invocation } from './command.ts';
import { readParameters } from './document.ts';
import { findDocument, type RegisteredDocument } from './documents.ts';
import type { Fleet } from './fleet.ts';

const MOST_INSTANCES = 50;
const DELIVERY_SECONDS = { from: 30, to: 2_592_000, usual: 3600 };
const COMMENT_LENGTH = 100;
const MAX_CONCURRENCY = /^(?:[1-9]\d{0,6}|[1-9]\d?%|100%)$/;
const MAX_ERRORS = /^(?:0|[1-9]\d{0,6}|\d%|[1-9]\d%|100%)$/;

/** A SendCommand request whose shape is valid. */
export interface SendRequest {
  readonly documentName: string;
  readonly instanceIds: readonly string[];
  /**
   * Checks what only an authorized caller is told and answers the command. Throws `InvalidDocument`, `InvalidDocumentVersion`,
   * `InvalidInstanceId`, `DuplicateInstanceId`, `InvalidParameters`.
   */
  check(documents: readonly RegisteredDocument[], fleet: Fleet): Command;
}

function insist(valid: boolean, message: string): void {
  if (!valid) throw new AwsError('ValidationException', `1 validation error detected: ${message}`);
}

function isCount(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
}

function checkInstances(fleet: Fleet, ids: readonly string[]): void {
  if (new Set(ids).size !== ids.length)
    throw new AwsError('DuplicateInstanceId', 'You cannot specify an instance ID in more than one association.');
  const invalid = ids.filter((id) => fleet.hosts.get(id)?.terminated !== false);
  if (invalid.length > 0)
    throw new AwsError('InvalidInstanceId', `Instances [[${invalid.join(', ')}]] not in a valid state for account`);
}

function pendingInvocation(instanceId: string): Invocation {
  return { instanceId, cancel: new AbortController(), standing: { status: 'Pending', details: 'Pending' }, results: [] };
}

function registered(documents: readonly RegisteredDocument[], name: string, version = '$DEFAULT'): RegisteredDocument {
  const document = findDocument(documents, name);
  if (!document) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
  if (!['$DEFAULT', '$LATEST', '1'].includes(version))
    throw new AwsError('InvalidDocumentVersion', `Document version ${version} does not exist.`);
  return document;
}

// biome-ignore lint/suspicious/noExplicitAny: the wire gives no types
function checkShape(input: any): void {
  insist(
    typeof input.DocumentName === 'string',
    "Value null at 'documentName' failed to satisfy constraint: Member must not be null",
  );
  insist(input.Targets === undefined, "'targets' is not served here; name the instances");
  insist(Array.isArray(input.InstanceIds) && input.InstanceIds.length > 0, "'instanceIds' must name at least one instance");
  insist(input.InstanceIds.length <= MOST_INSTANCES, `'instanceIds' must have length less than or equal to ${MOST_INSTANCES}`);
  insist((input.Comment ?? '').length <= COMMENT_LENGTH, `'comment' must have length less than or equal to ${COMMENT_LENGTH}`);
  const { from, to, usual } = DELIVERY_SECONDS;
  insist(isCount(input.TimeoutSeconds ?? usual, from, to), `'timeoutSeconds' must be between ${from} and ${to}`);
  insist(MAX_CONCURRENCY.test(input.MaxConcurrency ?? '50'), "'maxConcurrency' must satisfy a number above 0 or a percentage");
  insist(MAX_ERRORS.test(input.MaxErrors ?? '0'), "'maxErrors' must satisfy a number or a percentage");
}

/** Reads a SendCommand request. Throws `ValidationException`. */
// biome-ignore lint/suspicious/noExplicitAny: the wire gives no types
export function readCommand(input: any): SendRequest {
  checkShape(input);
  const instanceIds: readonly string[] = input.InstanceIds;
  return {
    documentName: input.DocumentName,
    instanceIds,
    check(documents, fleet) {
      const { content, name } = registered(documents, input.DocumentName, input.DocumentVersion);
      checkInstances(fleet, instanceIds);
      const parameters = input.Parameters ?? {};
      readParameters(content, parameters);
      const sentAt = new Date();
      const deliverySeconds = input.TimeoutSeconds ?? DELIVERY_SECONDS.usual;
      const seconds = content.mainSteps.reduce((sum, step) => sum + stepTimeout(step), deliverySeconds);
      return {
        id: randomUUID(),
        documentName: name,
        content,
        parameters,
        comment: input.Comment ?? '',
        sentAt,
        expiresAt: new Date(sentAt.getTime() + seconds * 1000),
        deliverySeconds,
        maxConcurrency: input.MaxConcurrency ?? '50',
        maxErrors: input.MaxErrors ?? '0',
        ...(input.CloudWatchOutputConfig && { cloudWatch: input.CloudWatchOutputConfig }),
        invocations: instanceIds.map(pendingInvocation),
      };
    },
  };
}
