/** What each function's bundle adds to the SDK clients it needs, in bytes and in cold-start time. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import { median, table } from './statistics.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

export interface BundleResult {
  readonly name: string;
  readonly bytes: number;
  /** Bytes beyond a handler that only makes the same clients, bundled in the same way. */
  readonly addedBytes: number;
  /** Milliseconds to import the bundle in a fresh process. */
  readonly coldMs: number;
  /** The same with the SDK left outside, as the Lambda runtime brings its own. */
  readonly runtimeSdkMs: number;
  /** The same of the handler that only makes the clients, bundled without what serverless.yml leaves out of the SDK. */
  readonly baselineMs: number;
  /** Median of what each start took of the one of its clients alone beside it: a machine that gets slower slows both. */
  readonly coldRatio: number;
  /** The same against the clients bundled in the same way. */
  readonly coldRatioAlike: number;
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

/** What the deployed bundles leave out of the SDK: serverless.yml says why. */
const LEAN = {
  supported: { 'dynamic-import': false },
  alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'serverless/environment-credentials.ts') },
};

/** Bundles as the deployed functions are, but for what `more` says; answers the SDK clients in it. */
export const bundle = async (entry: string, outfile: string, more: Partial<BuildOptions> = LEAN): Promise<Set<string>> => {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    absWorkingDir: ROOT,
    ...more,
    metafile: true,
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

/** @param rounds how often each is started; the kinds in turn, so that a slow moment of the machine hits all */
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
    alike: join(directory, name, 'alike.cjs'),
    baseline: join(directory, name, 'baseline.cjs'),
  };
  await mkdir(join(directory, name));
  const clients = await bundle(entry, files.own);
  await bundle(entry, files.runtime, { external: ['@aws-sdk/*', '@smithy/*'] });
  const source = join(directory, name, 'baseline.ts');
  await writeBaseline(source, clients);
  await bundle(source, files.alike);
  await bundle(source, files.baseline, {});
  const kinds = ['own', 'runtime', 'alike', 'baseline'] as const;
  const times: Record<(typeof kinds)[number], number[]> = { own: [], runtime: [], alike: [], baseline: [] };
  for (let round = 0; round < Math.max(9, rounds); round += 1) {
    for (const kind of kinds) times[kind].push(await coldStart(files[kind]));
  }
  const [bytes, alikeBytes] = await Promise.all([files.own, files.alike].map(async (file) => (await stat(file)).size));
  const ratioTo = (other: readonly number[]) => median(times.own.map((ms, round) => ms / (other[round] ?? Number.NaN)));
  return {
    name,
    bytes: bytes ?? 0,
    addedBytes: (bytes ?? 0) - (alikeBytes ?? 0),
    coldMs: median(times.own),
    runtimeSdkMs: median(times.runtime),
    baselineMs: median(times.baseline),
    coldRatio: ratioTo(times.baseline),
    coldRatioAlike: ratioTo(times.alike),
  };
};

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;

export const printBundles = (results: readonly BundleResult[]): string => {
  const head = [
    'function',
    'bundle',
    'beyond its clients',
    'cold start',
    'clients alone',
    'ratio',
    'bundled alike',
    "with the runtime's SDK",
  ];
  const rows = results.map(({ name, bytes, addedBytes, coldMs, runtimeSdkMs, baselineMs, coldRatio, coldRatioAlike }) => [
    name,
    kilobytes(bytes),
    kilobytes(addedBytes),
    `${Math.round(coldMs)} ms`,
    `${Math.round(baselineMs)} ms`,
    coldRatio.toFixed(2),
    coldRatioAlike.toFixed(2),
    `${Math.round(runtimeSdkMs)} ms`,
  ]);
  return `\n${table([head, ...rows])}\n`;
};
