import type { UserKeys } from './api-client.ts';
import { REGION } from './aws/service.ts';
import { USERS } from './aws/users.ts';
import type { World } from './world.ts';

/** The README's own, word for word: whoever knows the one can use the other. */
const API_FUNCTION = `api() {
  curl -sS --aws-sigv4 "aws:amz:$REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    \${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"} -H 'content-type: application/json' "$@"
}`;

/** A shell function that turns whoever calls it into this user. */
function become(user: string, { accessKeyId, secretAccessKey }: UserKeys): string {
  return `${user}() { export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY='${secretAccessKey}'; unset AWS_SESSION_TOKEN; }`;
}

/** What a shell needs so that the examples here and those of the README work in it. */
export function shellSetup(
  { api, application, credentials }: Pick<World, 'api' | 'application' | 'credentials'>,
  rollbackId: string,
): string {
  return `export REGION=${REGION} API=${api} APPLICATION=${application}
export ROLLBACK_ID=${rollbackId}
${USERS.map((user) => become(user, credentials[user])).join('\n')}
${API_FUNCTION}
operator`;
}

/** Commands to paste into another terminal while the world is up. */
export function examples(world: World, rollbackId: string): string {
  const dryRun = JSON.stringify({ strategy: 'code', target: { version: '1.1.0' }, reason: 'To see the plan', dryRun: true });
  const aws = 'aws --endpoint-url "$API" --region "$REGION"';
  return `It is up: ${world.endpoint} (AWS and the service's HTTP API). Ctrl-C ends it.
Paste this into another terminal (bash or zsh). The examples below and those of the README then work there. You are the operator;
the commands viewer, approver and admin turn you into somebody else:

${shellSetup(world, rollbackId)}

# The rollbacks of the application, the log entry and the events of this one
api "$API/rollbacks?application=$APPLICATION"
api "$API/rollbacks/$ROLLBACK_ID/report"
api "$API/rollbacks/$ROLLBACK_ID/events"

# The plan of a rollback to 1.1.0, without carrying it out; leave dryRun out to do it
api -d '${dryRun}' "$API/applications/$APPLICATION/rollbacks"

# The hosts themselves
${world.hosts.map(({ healthUrl }) => `curl -sS ${healthUrl}`).join('\n')}

# The real AWS CLI, as somebody who may do everything
admin
${aws} cloudwatch describe-alarms
${aws} ssm describe-instance-information
${aws} dynamodb scan --table-name rollback-local-log
`;
}
