import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type References, resolve, TemplateError } from './intrinsics.ts';
import { ACCOUNT_ID, REGION } from './service.ts';

/** One resource of the template as it is deployed: intrinsics resolved, named as CloudFormation would name it. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives; not always the name: a state machine's is its ARN, a queue's its URL. */
  readonly physicalId: string;
  readonly name: string;
  /** Empty for a type that has no ARN, such as a Lambda permission. */
  readonly arn: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties are only known by their type
  readonly properties: Readonly<Record<string, any>>;
}

export interface Template {
  readonly stackName: string;
  readonly resources: readonly Resource[];
  /** The resources of one type, in template order. */
  ofType(type: string): readonly Resource[];
}

interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface RawTemplate {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Resources: Readonly<Record<string, RawResource>>;
}

type Named = Omit<Resource, 'properties'>;

/** How CloudFormation names one resource type, and what `Ref` and `Fn::GetAtt` answer for it. */
interface Kind {
  readonly nameProperty?: string;
  /** Names which the service itself makes up are short ids (`a1b2c3d4e5`), not `<stack>-<logical id>-<suffix>`. */
  readonly shortId?: true;
  readonly arn?: (name: string) => string;
  readonly ref?: 'arn' | ((name: string, endpoint: string) => string);
  readonly attributes?: Readonly<Record<string, (named: Named, endpoint: string) => string>>;
}

const regional = (service: string, prefix: string) => (name: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${prefix}${name}`;
const arnAttribute = { Arn: (named: Named) => named.arn };
const queueUrl = (name: string, endpoint: string) => `${endpoint}/${ACCOUNT_ID}/${name}`;

const KINDS: Readonly<Record<string, Kind>> = {
  'AWS::Lambda::Function': { nameProperty: 'FunctionName', arn: regional('lambda', 'function:'), attributes: arnAttribute },
  'AWS::Lambda::Version': { ref: 'arn', arn: regional('lambda', 'function:'), attributes: { Version: () => '1' } },
  'AWS::Lambda::Permission': {},
  'AWS::Lambda::EventInvokeConfig': {},
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    arn: (name) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`,
    attributes: arnAttribute,
  },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName' },
  'AWS::DynamoDB::Table': { nameProperty: 'TableName', arn: regional('dynamodb', 'table/'), attributes: arnAttribute },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    arn: regional('states', 'stateMachine:'),
    ref: 'arn',
    attributes: { ...arnAttribute, Name: (named) => named.name },
  },
  'AWS::SSM::Document': { nameProperty: 'Name', arn: regional('ssm', 'document/') },
  'AWS::Events::Rule': { nameProperty: 'Name', arn: regional('events', 'rule/'), attributes: arnAttribute },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    arn: regional('sns', ''),
    ref: 'arn',
    attributes: { TopicArn: (named) => named.arn, TopicName: (named) => named.name },
  },
  'AWS::SNS::TopicPolicy': {},
  'AWS::SNS::Subscription': {},
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    arn: regional('sqs', ''),
    ref: queueUrl,
    attributes: {
      ...arnAttribute,
      QueueName: (named) => named.name,
      QueueUrl: (named, endpoint) => queueUrl(named.name, endpoint),
    },
  },
  'AWS::SQS::QueuePolicy': {},
  'AWS::S3::Bucket': { nameProperty: 'BucketName', arn: (name) => `arn:aws:s3:::${name}`, attributes: arnAttribute },
  'AWS::S3::BucketPolicy': {},
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', arn: regional('cloudwatch', 'alarm:'), attributes: arnAttribute },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName' },
  'AWS::ApiGatewayV2::Api': {
    shortId: true,
    attributes: { ApiId: (named) => named.name, ApiEndpoint: (_, endpoint) => endpoint },
  },
  'AWS::ApiGatewayV2::Route': { shortId: true },
  'AWS::ApiGatewayV2::Integration': { shortId: true },
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName' },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    arn: (name) => `${regional('logs', 'log-group:')(name)}:*`,
    attributes: arnAttribute,
  },
};

/**
 * Reads the template that `serverless package` left in `packageDirectory`. `endpoint` is where queue URLs and the API's URL
 * point to. Throws `TemplateError` for a type, attribute or intrinsic which the laptop AWS doesn't know.
 */
export async function loadTemplate(packageDirectory: string, endpoint: string): Promise<Template> {
  const raw = await readJson<RawTemplate>(join(packageDirectory, 'cloudformation-template-update-stack.json'));
  return resolveTemplate(raw, { endpoint, stackName: await readStackName(packageDirectory) });
}

/** Resolves a template that is already parsed; see `loadTemplate`. */
export function resolveTemplate(raw: RawTemplate, options: { readonly endpoint: string; readonly stackName: string }): Template {
  const references = new StackReferences(raw, options.endpoint, options.stackName);
  const resources = Object.entries(raw.Resources).map(([logicalId, resource]) =>
    blaming(logicalId, () => ({
      ...references.named(logicalId),
      properties: resolve(resource.Properties ?? {}, references) as Record<string, unknown>,
    })),
  );
  return { stackName: options.stackName, resources, ofType: (type) => resources.filter((resource) => resource.type === type) };
}

class StackReferences implements References {
  readonly stackName: string;
  readonly #raw: RawTemplate;
  readonly #endpoint: string;
  readonly #named = new Map<string, Named>();

  constructor(raw: RawTemplate, endpoint: string, stackName: string) {
    this.#raw = raw;
    this.#endpoint = endpoint;
    this.stackName = stackName;
  }

  ref(logicalId: string): unknown {
    const parameter = this.#raw.Parameters?.[logicalId];
    return parameter ? parameter.Default : this.named(logicalId).physicalId;
  }

  attribute(logicalId: string, attribute: string): string {
    const named = this.named(logicalId);
    const answer = KINDS[named.type]?.attributes?.[attribute];
    if (!answer) throw new TemplateError(`${logicalId} (${named.type}) has no attribute '${attribute}'`);
    return answer(named, this.#endpoint);
  }

  named(logicalId: string): Named {
    const known = this.#named.get(logicalId);
    if (known) return known;
    const resource = this.#raw.Resources[logicalId];
    if (!resource) throw new TemplateError(`'${logicalId}' is neither a resource nor a parameter of the template`);
    const named = this.#name(logicalId, resource);
    this.#named.set(logicalId, named);
    return named;
  }

  #name(logicalId: string, { Type: type, Properties: properties = {} }: RawResource): Named {
    const kind = KINDS[type];
    if (!kind) throw new TemplateError(`${logicalId}: the laptop AWS doesn't know the resource type ${type}`);
    const given = kind.nameProperty === undefined ? undefined : resolve(properties[kind.nameProperty], this);
    const name = typeof given === 'string' ? given : this.#makeName(logicalId, kind, type, properties);
    const arn = kind.arn?.(name) ?? '';
    const physicalId = kind.ref === 'arn' ? arn : (kind.ref?.(name, this.#endpoint) ?? name);
    return { logicalId, type, name, arn, physicalId };
  }

  /** Made-up names are the same on every start, so that state kept under them is found again. */
  #makeName(logicalId: string, kind: Kind, type: string, properties: Readonly<Record<string, unknown>>): string {
    if (type === 'AWS::Lambda::Version') return `${resolve(properties.FunctionName, this)}:1`;
    const suffix = createHash('sha256').update(`${this.stackName}/${logicalId}`).digest('hex').slice(0, 12);
    if (kind.shortId) return suffix.slice(0, 10);
    const name = `${this.stackName}-${logicalId}-${suffix.toUpperCase()}`;
    return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  }
}

function blaming<Result>(logicalId: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError) || error.message.startsWith(logicalId)) throw error;
    throw new TemplateError(`${logicalId}: ${error.message}`, { cause: error });
  }
}

async function readStackName(packageDirectory: string): Promise<string> {
  interface State {
    readonly service?: {
      readonly service?: string;
      readonly provider?: { readonly stage?: string; readonly stackName?: string };
    };
  }
  const state = await readJson<State>(join(packageDirectory, 'serverless-state.json')).catch(() => undefined);
  const provider = state?.service?.provider;
  return provider?.stackName ?? `${state?.service?.service ?? 'laptop'}-${provider?.stage ?? 'dev'}`;
}

async function readJson<Shape>(file: string): Promise<Shape> {
  return JSON.parse(await readFile(file, 'utf8')) as Shape;
}
