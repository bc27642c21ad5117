import { permissionsOf } from './definitions.ts';
import type { WireRequest } from './http.ts';
import { AwsError } from './service.ts';
import type { Resource, Template } from './template.ts';

/** One route of the HTTP API with the function behind it. */
export interface Route {
  /** `GET /applications/{application}`, or `$default` */
  readonly key: string;
  /** `ANY` stands for every method. */
  readonly method: string;
  readonly segments: readonly string[];
  readonly apiId: string;
  readonly stage: string;
  /** Whether it asks for a signature (`AWS_IAM`). */
  readonly isSigned: boolean;
  readonly functionArn: string;
  /** Whether an `AWS::Lambda::Permission` lets API Gateway invoke the function. */
  readonly isPermitted: boolean;
  readonly timeoutMs: number;
}

export interface Match {
  readonly route: Route;
  /** The path of the request, decoded. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The routes of the template's HTTP API, most specific first. */
export function readRoutes(template: Template): Route[] {
  const stage = template.ofType('AWS::ApiGatewayV2::Stage')[0]?.name ?? '$default';
  const integrations = new Map(template.ofType('AWS::ApiGatewayV2::Integration').map((one) => [one.physicalId, one]));
  const isPermitted = permissionsOf(template, 'apigateway.amazonaws.com');
  const routes = template
    .ofType('AWS::ApiGatewayV2::Route')
    .map((resource) => readRoute(resource, stage, integrations, isPermitted));
  return routes.sort((left, right) => generality(left) - generality(right));
}

function readRoute(
  { logicalId, properties }: Resource,
  stage: string,
  integrations: ReadonlyMap<string, Resource>,
  isPermitted: (functionArn: string) => boolean,
): Route {
  const { RouteKey: key, ApiId: apiId, AuthorizationType = 'NONE', Target = '' } = properties;
  const integration = integrations.get(Target.replace('integrations/', ''));
  if (!integration) throw new Error(`${logicalId}: its target ${Target} is no integration of the template`);
  if (!['NONE', 'AWS_IAM'].includes(AuthorizationType))
    throw new Error(`${logicalId}: no authorization type ${AuthorizationType}`);
  const [method = '', path = ''] = key === '$default' ? ['ANY', '/{proxy+}'] : key.split(' ');
  const functionArn = String(integration.properties.IntegrationUri);
  return {
    key,
    method,
    segments: segmentsOf(path),
    apiId,
    stage,
    isSigned: AuthorizationType === 'AWS_IAM',
    functionArn,
    isPermitted: isPermitted(functionArn),
    timeoutMs: Math.min(Number(integration.properties.TimeoutInMillis ?? 30_000), 30_000),
  };
}

/** The route that API Gateway would choose for a request. Throws a 400 for a path that can't be decoded. */
export function findRoute(routes: readonly Route[], request: WireRequest): Match | undefined {
  const path = decode(request.path);
  const segments = segmentsOf(request.path).map(decode);
  for (const route of routes) {
    const parameters = matchSegments(route.segments, segments);
    if (parameters && (route.method === 'ANY' || route.method === request.method)) return { route, path, parameters };
  }
  return undefined;
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(part) ?? [];
    if (name !== undefined && greedy) return { ...parameters, [name]: segments.slice(index).join('/') };
    const segment = segments[index];
    if (segment === undefined || (name === undefined && segment !== part)) return undefined;
    if (name !== undefined) parameters[name] = segment;
  }
  return pattern.length === segments.length ? parameters : undefined;
}

/** Fixed segments come before `{name}`, that before `{name+}`; a method before `ANY`; `$default` is last. */
function generality(route: Route): number {
  if (route.key === '$default') return Number.MAX_SAFE_INTEGER;
  const parts = route.segments.map((segment) => (segment.endsWith('+}') ? 10_000 : segment.startsWith('{') ? 10 : 0));
  return parts.reduce<number>((sum, part) => sum + part, 0) + (route.method === 'ANY' ? 1 : 0);
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw Object.assign(new AwsError('BadRequestException', `the path can't be decoded: ${text}`, 400), { cause });
  }
}
