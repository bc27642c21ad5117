/** Who may do what, asked of the roles as they are packaged: a permission that nobody should have is refused to all the others. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createIam, type Iam } from '../../local/aws/iam.ts';
import { AwsError } from '../../local/aws/service.ts';
import { loadTemplate, type Template } from '../../local/aws/template.ts';
import { packageService, STAGE } from '../../local/package.ts';

describe('of all roles', () => {
  let template: Template;
  let iam: Iam;
  beforeAll(async () => {
    template = await loadTemplate(await packageService(), 'http://127.0.0.1:4566');
    iam = createIam(template.resources);
  });

  /** The roles of functions and machines that may, in alphabetical order. */
  const whoMay = async (action: string, resource: string, context: Record<string, string | readonly string[]> = {}) => {
    const roles = template.ofType('AWS::IAM::Role').toSorted((a, b) => a.logicalId.localeCompare(b.logicalId));
    const may = await Promise.all(
      roles.map(({ arn }) =>
        iam.authorize(iam.assumeRole(arn, 'test'), action, [resource], context).then(
          () => true,
          (error: unknown) => {
            if (error instanceof AwsError && error.code === 'AccessDeniedException') return false;
            throw error;
          },
        ),
      ),
    );
    return roles.filter((_, index) => may[index]).map(({ logicalId }) => logicalId);
  };
  const onItem = (table: 'log' | 'registry', action: string, key: string) =>
    whoMay(`dynamodb:${action}`, `arn:aws:dynamodb:eu-central-1:123456789012:table/rollback-${STAGE}-${table}`, {
      'dynamodb:LeadingKeys': [key],
    });
  const document = (name: string) => whoMay('ssm:SendCommand', `arn:aws:ssm:eu-central-1:123456789012:document/${name}`);

  it('only those that ask for a decision and take it may read a task token', async () => {
    for (const action of ['GetItem', 'PutItem', 'UpdateItem'])
      expect(await onItem('registry', action, 'APPROVAL#shop-1')).toEqual(['ApprovalRole', 'DecisionsApiRole']);
    expect(await onItem('registry', 'Query', 'APPROVAL#shop-1')).toEqual([]);
  });

  it('none that people tell something may touch a lock', async () => {
    const may = [...(await onItem('registry', 'UpdateItem', 'LOCK#shop')), ...(await onItem('registry', 'PutItem', 'LOCK#shop'))];
    expect(may).toContain('LockRole');
    expect(may.filter((role) => role.endsWith('ApiRole') || role === 'AlarmChangedRole')).toEqual([]);
    expect(await onItem('registry', 'DeleteItem', 'LOCK#shop')).toEqual([]);
  });

  it('none may change or remove an event, and headers, plans and commands are put only by who makes them', async () => {
    for (const action of ['UpdateItem', 'DeleteItem']) expect(await onItem('log', action, 'EVENTS#shop-1')).toEqual([]);
    expect(await onItem('log', 'PutItem', 'EVENTS#shop-1')).toContain('CloseRole');
    expect(await onItem('log', 'PutItem', 'ROLLBACK#shop-1')).toEqual([
      'AlarmChangedRole',
      'PlanRole',
      'SendHostCommandRole',
      'StartRollbackRole',
    ]);
    expect(await onItem('log', 'DeleteItem', 'ROLLBACK#shop-1')).toEqual([]);
  });

  it('none may send a document of another stage, or a shell command; changing ones go out by one role', async () => {
    expect(await document(`rollback-${STAGE}-eu-check-out-code`)).toEqual([]);
    expect(await document('AWS-RunShellScript')).toEqual([]);
    expect(await document(`rollback-${STAGE}-check-out-code`)).toEqual(['SendHostCommandRole']);
    expect(await document(`rollback-${STAGE}-back-up-configuration`)).toEqual(['BackUpHostsRole']);
  });

  it('only the one that restores a database may tag it; nobody may delete one', async () => {
    const arn = 'arn:aws:rds:eu-central-1:123456789012:db:shop-db';
    expect(await whoMay('rds:AddTagsToResource', arn)).toEqual(['AdvanceDatabaseRole']);
    expect(await whoMay('rds:AddTagsToResource', arn.replace('db:shop-db', 'snapshot:bk-shop-1'))).toEqual([
      'SnapshotDatabaseRole',
    ]);
    expect(await whoMay('rds:DeleteDBInstance', arn)).toEqual([]);
  });
});
