import { randomBytes } from 'node:crypto';
import { isWildcardOnlyAction, runSimulation } from '@cloud-copilot/iam-simulate';
import { distinguish } from './iam-resources.ts';
import { ACCOUNT_ID, AwsError, type Caller, type PolicyDocument, REGION } from './service.ts';
import type { Resource } from './template.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A caller together with the secrets its requests are verified by. */
export interface Identity extends Caller, Credentials {
  /** `AIDA…` of a user, `AROA…:<session>` of a role session. */
  readonly userId: string;
}

/** IAM condition keys of one request. */
type Context = Readonly<Record<string, string | readonly string[]>>;

/** The principals of the account and the decisions over what they may do. */
export interface Iam {
  addUser(name: string, policies: readonly PolicyDocument[], credentials?: Credentials): Credentials;
  /** A session of a deployed role, as Lambda or Step Functions assume it. Throws when the template has no such role. */
  assumeRole(roleArn: string, sessionName: string): Identity;
  find(accessKeyId: string): Identity | undefined;
  authorize(caller: Caller, action: string, resources: readonly string[], context?: Context): Promise<void>;
}

/** The account's IAM, with the roles (`AWS::IAM::Role`, `AWS::IAM::Policy`) of a template. */
export function createIam(resources: readonly Resource[]): Iam {
  const roles = new Map(rolePolicies(resources));
  const identities = new Map<string, Identity>();
  const decisions = new Map<string, Promise<string | undefined>>();
  const add = (identity: Identity): Identity => {
    identities.set(identity.accessKeyId, identity);
    return identity;
  };

  return {
    addUser(name, policies, credentials = makeCredentials('AKIA')) {
      add({ arn: `arn:aws:iam::${ACCOUNT_ID}:user/${name}`, userId: makeId('AIDA'), policies, ...credentials });
      return credentials;
    },

    assumeRole(roleArn, sessionName) {
      const role = roles.get(roleArn);
      if (!role) throw new AwsError('AccessDenied', `the template has no role ${roleArn}`, 403);
      const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/${sessionName}`;
      const sessionToken = randomBytes(48).toString('base64');
      const userId = `${makeId('AROA')}:${sessionName}`;
      return add({ arn, userId, policies: role.policies, ...makeCredentials('ASIA'), sessionToken });
    },

    find: (accessKeyId) => identities.get(accessKeyId),

    async authorize(caller, action, asked, context = {}) {
      const [service = '', operation = ''] = action.split(':');
      const resources = (await isWildcardOnlyAction(service, operation)) ? ['*'] : asked;
      for (const resource of resources) {
        const key = JSON.stringify([caller.accessKeyId, action, distinguish(caller.policies, resource), context]);
        const decision = decisions.get(key) ?? simulate(caller, action, resource, context);
        decisions.set(key, decision);
        const reason = await decision;
        if (reason) throw new AwsError('AccessDeniedException', refusal(caller, action, resource, reason));
      }
    },
  };
}

/** AWS's own sentence. */
function refusal(caller: Caller, action: string, resource: string, reason: string): string {
  return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}

/** Why AWS refuses the request, in its own words; `undefined` when it is allowed. */
async function simulate(caller: Caller, action: string, resource: string, context: Context): Promise<string | undefined> {
  const answer = await runSimulation(
    {
      request: {
        principal: caller.arn,
        action,
        resource: { resource, accountId: ACCOUNT_ID },
        contextVariables: { ...globalContext(caller), ...(context as Record<string, string | string[]>) },
      },
      ...(action.startsWith('kms:') && { resourcePolicy: KEY_POLICY }),
      identityPolicies: caller.policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') {
    throw new AwsError('InternalFailure', `IAM can't decide ${action} on ${resource}: ${JSON.stringify(answer.errors)}`, 500);
  }
  if (answer.overallResult === 'Allowed') return undefined;
  return answer.overallResult === 'ExplicitlyDenied'
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`;
}

/** What every KMS key is made with: IAM policies decide. Without, they count for nothing. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` }, Action: 'kms:*', Resource: '*' }],
};

function globalContext(caller: Caller): Record<string, string> {
  return {
    'aws:PrincipalArn': caller.arn,
    'aws:PrincipalAccount': ACCOUNT_ID,
    'aws:RequestedRegion': REGION,
    'aws:SecureTransport': 'true',
  };
}

interface RolePolicies {
  readonly name: string;
  readonly policies: readonly PolicyDocument[];
}

const LOGS_ONLY: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
};

/** The AWS managed policies that the laptop AWS knows the text of. */
const MANAGED_POLICIES: Readonly<Record<string, PolicyDocument>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': LOGS_ONLY,
  'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess': {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'xray:Put*', Resource: '*' }],
  },
};

function* rolePolicies(resources: readonly Resource[]): Iterable<[string, RolePolicies]> {
  const separate = resources.filter((resource) => resource.type === 'AWS::IAM::Policy');
  for (const role of resources.filter((resource) => resource.type === 'AWS::IAM::Role')) {
    const inline = (role.properties.Policies ?? []).map((policy: { PolicyDocument: PolicyDocument }) => policy.PolicyDocument);
    const managed = (role.properties.ManagedPolicyArns ?? []).map((arn: string) => managedPolicy(role, arn));
    const attached = separate.filter((policy) => policy.properties.Roles?.includes(role.name));
    const policies = [...inline, ...managed, ...attached.map((policy) => policy.properties.PolicyDocument as PolicyDocument)];
    yield [role.arn, { name: role.name, policies }];
  }
}

function managedPolicy(role: Resource, arn: string): PolicyDocument {
  const policy = MANAGED_POLICIES[arn];
  if (!policy) throw new Error(`${role.logicalId}: the laptop AWS doesn't know the managed policy ${arn}`);
  return policy;
}

function makeCredentials(prefix: 'AKIA' | 'ASIA'): Credentials {
  return { accessKeyId: makeId(prefix), secretAccessKey: randomBytes(30).toString('base64') };
}

function makeId(prefix: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return prefix + Array.from(randomBytes(16), (byte) => letters[byte % letters.length]).join('');
}
