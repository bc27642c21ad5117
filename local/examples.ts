import { REGION } from './aws/service.ts';
import type { World } from './world.ts';

/** Commands to paste into another terminal while the world is up. */
export function examples({ api, endpoint, application, credentials, hosts }: World, rollbackId: string): string {
  const { operator, viewer, admin } = credentials;
  const curl = (keys: typeof operator) =>
    `curl -sS --aws-sigv4 "aws:amz:${REGION}:execute-api" --user '${keys.accessKeyId}:${keys.secretAccessKey}'`;
  const aws = `aws --endpoint-url ${endpoint} --region ${REGION}`;
  const dryRun = JSON.stringify({ strategy: 'code', target: { version: '1.1.0' }, reason: 'To see the plan', dryRun: true });
  return `It is up: ${endpoint} (AWS and the service's HTTP API). Ctrl-C ends it. Try, in another terminal:

# The rollbacks of the application, the log entry and the events of this one
${curl(viewer)} '${api}/rollbacks?application=${application}'
${curl(viewer)} '${api}/rollbacks/${rollbackId}/report'
${curl(viewer)} '${api}/rollbacks/${rollbackId}/events'

# The plan of a rollback to 1.1.0, without carrying it out; leave dryRun out to do it
${curl(operator)} -H 'content-type: application/json' -d '${dryRun}' '${api}/applications/${application}/rollbacks'

# The hosts themselves
${hosts.map(({ healthUrl }) => `curl -sS ${healthUrl}`).join('\n')}

# The real AWS CLI
export AWS_ACCESS_KEY_ID=${admin.accessKeyId} AWS_SECRET_ACCESS_KEY='${admin.secretAccessKey}'
${aws} cloudwatch describe-alarms
${aws} ssm describe-instance-information
${aws} dynamodb scan --table-name rollback-local-log
`;
}
