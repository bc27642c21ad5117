import { AwsError } from '../service.ts';
import { document, element } from './xml.ts';

/** An error of S3 that also has response headers of its own. `members` are further elements of the error document. */
export class S3Error extends AwsError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status = 400,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, status, members);
    this.headers = headers;
  }
}

export const noSuchBucket = (bucket: string) =>
  new S3Error('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket });

export const noSuchKey = (key: string, headers: Readonly<Record<string, string>> = {}) =>
  new S3Error('NoSuchKey', 'The specified key does not exist.', 404, { Key: key }, headers);

export const noSuchVersion = (key: string, versionId: string) =>
  new S3Error('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });

export const preconditionFailed = (condition: string) =>
  new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });

export const malformedXml = () =>
  new S3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');

export const invalidArgument = (message: string, name: string, value: string) =>
  new S3Error('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value });

export const notImplemented = (what: string) =>
  new S3Error('NotImplemented', `${what} is not implemented by the S3 of the laptop AWS`, 501);

/** How S3 names what the server and IAM refuse. */
const CODES: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AccessDeniedException: ['AccessDenied', 403],
  UnrecognizedClientException: ['InvalidAccessKeyId', 403],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  IncompleteSignatureException: ['AuthorizationHeaderMalformed', 400],
  RequestEntityTooLargeException: ['EntityTooLarge', 400],
  InternalFailure: ['InternalError', 500],
};

/** The same error by S3's name for it. */
export function asS3Error(error: AwsError): S3Error {
  if (error instanceof S3Error) return error;
  const [code, status] = CODES[error.code] ?? [error.code, error.status];
  return new S3Error(code, error.message, status, error.members);
}

/** S3's error document. `resource` is the path of the request. */
export function errorDocument(error: S3Error, resource: string, requestId: string): string {
  const members = Object.entries(error.members).map(([name, value]) => element(name, String(value)));
  const head = element('Code', error.code) + element('Message', error.message);
  return document('Error', `${head}${members.join('')}${element('Resource', resource)}${element('RequestId', requestId)}`);
}
