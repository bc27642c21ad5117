import { runDemo } from './demo.ts';
import { examples } from './examples.ts';
import { OPTIONS_HELP } from './options.ts';
import { runCommand } from './session.ts';

const HELP = `npm start -- [options]
npm run demo -- [options]

Starts AWS on this machine with the packaged service and two hosts, deploys a bad release, and shows the rollback that the
alarm starts. npm start stays up afterwards; npm run demo ends, with one JSON object as its last line.

${OPTIONS_HELP}`;

const say = (line: string) => console.log(`» ${line}`);

await runCommand(HELP, async (world, { demo }, stay) => {
  const { result, report, problems } = await runDemo(world, say);
  console.log(`\n${report.trim()}\n`);
  for (const problem of problems) console.error(`✗ ${problem}`);
  if (demo || problems.length > 0) {
    console.log(JSON.stringify(result));
    return problems.length > 0 ? 1 : 0;
  }
  world.startTraffic(Number.POSITIVE_INFINITY);
  console.log(examples(world, result.rollbackId));
  return stay();
});
