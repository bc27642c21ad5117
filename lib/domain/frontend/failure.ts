/** What S3 said when it refused something: the name of its error and its message. */
export type Answer = { readonly name: string; readonly message: string };

const GONE = 'It was deleted for good after the plan was made. Choose another target.';

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    "Let the service's role do it: by its own policy, the bucket's, and that of the KMS key the object is encrypted with (README, “Buckets”).",
  NoSuchVersion: GONE,
  NoSuchKey: GONE,
  VersionGone: GONE,
  NoSuchBucket: 'Check frontend.bucket and frontend.archive of the manifest.',
  InvalidObjectState: 'The version lies in an archive: restore it first (aws s3api restore-object), then ask again.',
  PreconditionFailed: 'The archived build was changed after the plan was made. Ask for the rollback again.',
};

/** One sentence about an object that could not be restored, and what to do about it. */
export function describeFailure(key: string, doing: string, { name, message }: Answer): string {
  const advice = ADVICE[name] ?? (/KMS|kms:/.test(`${name} ${message}`) ? ADVICE.AccessDenied : undefined);
  const said = message === '' || message === name ? name : `${name} (${message.replace(/\.$/, '')})`;
  return `${key} could not be ${doing}: ${said}.${advice === undefined ? '' : ` ${advice}`}`;
}
