import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { ACCOUNT_ID, REGION } from './service.ts';
import type { Resource } from './template.ts';

/** A function of the template, its bundle unpacked. */
export interface DeployedFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** The file that the handler is in, and the name it exports it by. */
  readonly file: string;
  readonly exportName: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly reservedConcurrency: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** Unpacks the bundles of `functions` (`AWS::Lambda::Function`) from `packageDirectory` into `directory`. */
export async function deployFunctions(
  functions: readonly Resource[],
  packageDirectory: string,
  directory: string,
): Promise<DeployedFunction[]> {
  await linkRuntimeModules(directory);
  return Promise.all(functions.map((resource) => deployFunction(resource, packageDirectory, join(directory, resource.name))));
}

async function deployFunction(resource: Resource, packageDirectory: string, directory: string): Promise<DeployedFunction> {
  const { Code, Handler, Role, MemorySize, Timeout, Environment, ReservedConcurrentExecutions } = resource.properties;
  const names = await unzip(join(packageDirectory, basename(Code.S3Key)), directory);
  const [, module = '', exportName = ''] = /^(.*)\.([^./]+)$/.exec(Handler) ?? [];
  const file = ['.mjs', '.js', '.cjs'].map((extension) => module + extension).find((name) => names.includes(name));
  if (!file)
    throw new Error(`${resource.logicalId}: the bundle ${basename(Code.S3Key)} has no module for the handler ${Handler}`);
  return {
    name: resource.name,
    arn: resource.arn,
    roleArn: Role,
    file: join(directory, file),
    exportName,
    handler: Handler,
    memoryMb: Number(MemorySize ?? 128),
    timeoutMs: Number(Timeout ?? 3) * 1000,
    reservedConcurrency: Number(ReservedConcurrentExecutions ?? Number.POSITIVE_INFINITY),
    variables: Object.fromEntries(Object.entries(Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)])),
  };
}

async function unzip(archive: string, directory: string): Promise<string[]> {
  const entries = Object.entries(unzipSync(await readFile(archive))).filter(
    ([name]) => extname(name) !== '' || !name.endsWith('/'),
  );
  await rm(directory, { recursive: true, force: true });
  for (const [name, bytes] of entries) {
    if (name.split('/').includes('..')) throw new Error(`${archive} has an entry outside of itself: ${name}`);
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), bytes);
  }
  return entries.map(([name]) => name);
}

/** Lambda's runtime brings the SDK, so bundles leave it out; here it is the one that is installed. */
async function linkRuntimeModules(directory: string): Promise<void> {
  const installed = createRequire(import.meta.url)
    .resolve('@aws-sdk/client-dynamodb')
    .split(join('@aws-sdk', 'client-dynamodb'))[0];
  await rm(join(directory, 'node_modules'), { recursive: true, force: true });
  await mkdir(join(directory, 'node_modules'), { recursive: true });
  for (const scope of ['@aws-sdk', '@smithy'])
    await symlink(join(installed ?? '', scope), join(directory, 'node_modules', scope));
}

/** The environment of a function: nothing of this process, only what Lambda would give it. */
export function environmentOf(
  deployed: DeployedFunction,
  endpoint: string,
  session: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string },
): Record<string, string> {
  return {
    ...deployed.variables,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCOUNT_ID: ACCOUNT_ID,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: deployed.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployed.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${deployed.name}`,
    LAMBDA_TASK_ROOT: dirname(deployed.file),
    _HANDLER: deployed.handler,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    ...(session.sessionToken && { AWS_SESSION_TOKEN: session.sessionToken }),
  };
}
