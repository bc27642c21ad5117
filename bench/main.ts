/** npm run bench -- [code] [--rounds N] [--json]: measures side by side in one run; machines differ, so read the ratios. */
import { parseArgs } from 'node:util';
import { measureBundles, printBundles } from './bundles.ts';
import { measureCode, printCode } from './code.ts';

const HELP = `npm run bench -- [topic] [options]

Measures the service and what it replaces side by side in one run. Read the ratios: machines differ, and busy ones lie.

Topics
  code            the runbook's code rollback as a bash script against the service, from alarm event to healthy; bundles and cold starts

Options
  --rounds <n>    measured rounds of each; the median counts (default 3)
  --json          end with one JSON object on the last line
  --help          this text`;

const readOptions = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const rounds = Number(values.rounds);
    const [topic = 'code', ...more] = positionals;
    if (topic !== 'code' || more.length > 0) throw new Error(`there is no topic ${[topic, ...more].join(' ')}; there is: code`);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50)
      throw new Error(`--rounds takes a whole number from 1 to 50, not ${values.rounds}`);
    return { rounds, json: values.json, help: values.help };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
};

const { rounds, json, help } = readOptions();
if (help) {
  console.log(HELP);
  process.exit(0);
}
const say = (line: string) => console.error(`» ${line}`);
const bundles = await measureBundles(rounds, say);
const code = await measureCode(rounds, say);
console.log(printBundles(bundles));
console.log(printCode(code));
if (json) console.log(JSON.stringify({ topic: 'code', ...code, bundles }));
