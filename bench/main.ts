/** npm run bench -- [topic] [options]: measures side by side in one run; machines differ, so read the ratios. */
import { parseArgs } from 'node:util';
import { measureBundles, printBundles } from './bundles.ts';
import { measureCode, printCode } from './code.ts';
import { measureDatabase, printDatabase } from './database.ts';
import { type FrontendOptions, Interrupted, measureFrontend } from './frontend.ts';
import { aimsOf } from './frontend-aims.ts';
import { printFrontend } from './frontend-print.ts';
import { measureFull, printFull } from './full.ts';

const HELP = `npm run bench -- [topic] [options]

Measures the service and what it replaces side by side in one run. Read the ratios: machines differ, and busy ones lie.

Topics
  code            the runbook's code rollback as a bash script against the service, from alarm event to healthy; bundles and cold starts
  frontend        a bad release of a site undone by the engine, the whole service, rclone and the AWS CLI; buckets with very many
                  versions; how time grows; what a rollback costs
  database        the runbook's database rollback by hand against the service, with a restore of 60 s: total time, and downtime as a
                  client sees it
  full            a full rollback against each of its components alone, with a restore of 60 s

Options
  --rounds <n>    measured rounds of code and frontend; the median counts (default 3)
  --json          end with one JSON object on the last line
  --help          this text

Options of frontend
  --objects <n>   objects of the site (default 20000; with --endpoint 2000)
  --changed <n>   objects that the bad release changed (default 1000; with --endpoint 100)
  --endpoint <url>
                  the engine alone on another S3 server with versioning, by AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION:
                  buckets named rollback-bench-… are made, filled and removed again. Give its host as an IP address unless names
                  of buckets below it can be resolved`;

const TOPICS = ['code', 'frontend', 'database', 'full'] as const;
type Topic = (typeof TOPICS)[number];

const wholeNumber = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name} takes a whole number from ${least} to ${most}, not ${text}`);
};

const topicOf = ([topic = 'code', ...more]: readonly string[]): Topic => {
  if (TOPICS.some((known) => known === topic) && more.length === 0) return topic as Topic;
  throw new Error(`there is no topic ${[topic, ...more].join(' ')}; there are: ${TOPICS.join(', ')}`);
};

const parse = () => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { rounds: { ...text, default: '3' }, json: flag, help: flag, objects: text, changed: text, endpoint: text };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  return { ...values, topic: topicOf(positionals) };
};

const readOptions = () => {
  const { topic, json, help, rounds, objects, changed, endpoint } = parse();
  const others = Object.keys({ ...(objects && { objects }), ...(changed && { changed }), ...(endpoint && { endpoint }) });
  if (topic !== 'frontend' && others[0]) throw new Error(`--${others[0]} is an option of frontend`);
  if (objects && changed && Number(changed) > Number(objects)) throw new Error('--changed takes at most as many as --objects');
  const frontend: FrontendOptions = {
    rounds: wholeNumber('rounds', rounds, 1, 50),
    ...(objects && { objects: wholeNumber('objects', objects, 100, 1_000_000) }),
    ...(changed && { changed: wholeNumber('changed', changed, 20, 100_000) }),
    ...(endpoint && { endpoint: new URL(endpoint).origin }),
  };
  return { topic, json, help, frontend };
};

const orExplain = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
};

const say = (line: string) => console.error(`» ${line}`);

/** Answers what `--json` prints. */
const RUN: Record<Topic, (options: FrontendOptions) => Promise<object>> = {
  code: async ({ rounds }) => {
    const bundles = await measureBundles(rounds, say);
    const code = await measureCode(rounds, say);
    console.log(printBundles(bundles));
    console.log(printCode(code));
    return { ...code, bundles };
  },
  frontend: async (options) => {
    const result = await measureFrontend(options, say);
    console.log(printFrontend(result));
    return { ...result, aims: aimsOf(result) };
  },
  database: async () => {
    const result = await measureDatabase(say);
    console.log(printDatabase(result));
    return result;
  },
  full: async () => {
    const result = await measureFull(say);
    console.log(printFull(result));
    return result;
  },
};

const { topic, json, help, frontend } = orExplain(readOptions);
if (help) {
  console.log(HELP);
  process.exit(0);
}
const result = await RUN[topic](frontend).catch((error: unknown) => {
  if (!(error instanceof Interrupted)) throw error;
  console.error(error.message);
  process.exit(130);
});
if (json) console.log(JSON.stringify({ topic, ...result }));
