/** What each function's bundle adds to the SDK clients it needs, in bytes and in cold-start time. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { median, table } from './statistics.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

export interface BundleResult {
  readonly name: string;
  readonly bytes: number;
  /** Bytes beyond a handler that only makes the same clients. */
  readonly addedBytes: number;
  /** Milliseconds to import the bundle in a fresh process. */
  readonly coldMs: number;
  /** The same with the SDK left outside, as the Lambda runtime brings its own. */
  readonly runtimeSdkMs: number;
  /** The same of the handler that only makes the clients. */
  readonly baselineMs: number;
  /** Median of what each start took of the one of its clients alone beside it: a machine that gets slower slows both. */
  readonly coldRatio: number;
}

/** The client class of a package: `@aws-sdk/client-ssm` → `SSMClient`. */
const CLIENTS: Readonly<Record<string, string>> = {
  '@aws-sdk/client-cloudfront': 'CloudFrontClient',
  '@aws-sdk/client-cloudwatch': 'CloudWatchClient',
  '@aws-sdk/client-dynamodb': 'DynamoDBClient',
  '@aws-sdk/client-eventbridge': 'EventBridgeClient',
  '@aws-sdk/client-rds': 'RDSClient',
  '@aws-sdk/client-s3': 'S3Client',
  '@aws-sdk/client-sfn': 'SFNClient',
  '@aws-sdk/client-sns': 'SNSClient',
  '@aws-sdk/client-ssm': 'SSMClient',
};

/** Bundles as the deployed functions are; answers the SDK clients in it. */
export const bundle = async (entry: string, outfile: string, external: string[] = []): Promise<Set<string>> => {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'serverless/environment-credentials.ts') },
    target: 'node24',
    mainFields: ['module', 'main'],
    external,
    metafile: true,
    logLevel: 'error',
    absWorkingDir: ROOT,
  });
  return new Set(
    Object.keys(metafile.inputs).flatMap((path) => path.match(/node_modules\/(@aws-sdk\/client-[a-z0-9]+)\//)?.[1] ?? []),
  );
};

/** Only the commands a function uses are in its bundle; the client with its one cheapest use is what any function would pay. */
const writeBaseline = async (file: string, clients: ReadonlySet<string>): Promise<void> => {
  const known = [...clients].filter((client) => client in CLIENTS);
  const imports = known.map((client) => `import { ${CLIENTS[client]} } from '${client}';`);
  await writeFile(
    file,
    `${imports.join('\n')}\nconst clients = [${known.map((client) => `new ${CLIENTS[client]}({})`).join(', ')}];\nexport const handler = () => clients.length;\n`,
  );
};

const ENVIRONMENT = {
  PATH: process.env.PATH ?? '',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
};

const coldStart = async (file: string): Promise<number> => {
  const script = `const start = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - start); process.exit();`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], {
    env: ENVIRONMENT,
    timeout: 30_000,
  });
  return Number(stdout);
};

/** @param rounds how often each is started; the three kinds in turn, so that a slow moment of the machine hits all */
export const measureBundles = async (rounds: number, say: (line: string) => void): Promise<BundleResult[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'rollback-bundles-'));
  try {
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const { functions } = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8')) as {
      functions: Record<string, { handler: string }>;
    };
    const results: BundleResult[] = [];
    for (const [name, { handler }] of Object.entries(functions)) {
      results.push(await measureOne(name, join(ROOT, handler.replace(/\.handler$/, '.ts')), directory, rounds));
    }
    say(`measured ${results.length} bundles`);
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const measureOne = async (name: string, entry: string, directory: string, rounds: number): Promise<BundleResult> => {
  const files = {
    own: join(directory, name, 'own.cjs'),
    runtime: join(directory, name, 'runtime.cjs'),
    baseline: join(directory, name, 'baseline.cjs'),
  };
  await mkdir(join(directory, name));
  const clients = await bundle(entry, files.own);
  await bundle(entry, files.runtime, ['@aws-sdk/*', '@smithy/*']);
  const source = join(directory, name, 'baseline.ts');
  await writeBaseline(source, clients);
  await bundle(source, files.baseline);
  const times = { own: [] as number[], runtime: [] as number[], baseline: [] as number[] };
  for (let round = 0; round < Math.max(9, rounds); round += 1) {
    for (const kind of ['own', 'runtime', 'baseline'] as const) times[kind].push(await coldStart(files[kind]));
  }
  const [bytes, baselineBytes] = await Promise.all([files.own, files.baseline].map(async (file) => (await stat(file)).size));
  return {
    name,
    bytes: bytes ?? 0,
    addedBytes: (bytes ?? 0) - (baselineBytes ?? 0),
    coldMs: median(times.own),
    runtimeSdkMs: median(times.runtime),
    baselineMs: median(times.baseline),
    coldRatio: median(times.own.map((ms, round) => ms / (times.baseline[round] ?? Number.NaN))),
  };
};

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;

export const printBundles = (results: readonly BundleResult[]): string => {
  const head = ['function', 'bundle', 'beyond its clients', 'cold start', 'clients alone', 'ratio', "with the runtime's SDK"];
  const rows = results.map(({ name, bytes, addedBytes, coldMs, runtimeSdkMs, baselineMs, coldRatio }) => [
    name,
    kilobytes(bytes),
    kilobytes(addedBytes),
    `${Math.round(coldMs)} ms`,
    `${Math.round(baselineMs)} ms`,
    coldRatio.toFixed(2),
    `${Math.round(runtimeSdkMs)} ms`,
  ]);
  return `\n${table([head, ...rows])}\n`;
};
