/** What the README and `npm start` print to be pasted, pasted: every request is answered, well or by a problem that the reference names. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../docs/operations.ts';
import { USERS } from '../../local/aws/users.ts';
import { examples, shellSetup } from '../../local/examples.ts';
import type { World } from '../../local/world.ts';
import { hasCli, hasQueues } from './cli.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const run = promisify(execFile);
const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The page's own function, and each answer followed by a line that says how it went. */
const WATCHED = `eval "pasted_$(declare -f api)"
api() { pasted_api -w '\\n@@ %{http_code} %{method} %{url_effective}\\n' "$@"; }
`;

interface Answered {
  readonly status: number;
  readonly request: string;
  /** Of a problem. */
  readonly type: string | undefined;
}

/** Whether the reference names this problem of this operation. */
const isDocumented = ({ request, type }: Answered): boolean => {
  const [method = '', address = ''] = request.split(' ');
  const { pathname } = new URL(address);
  const operation = OPERATIONS.find(
    (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  return operation?.problems.some((problem) => problem === type) ?? false;
};

describe('what is there to be pasted', () => {
  let theatre: Theatre;
  let stage: Stage;
  let rollbackId: string;
  beforeAll(async () => {
    theatre = await openTheatre();
    stage = await theatre.stage({ hosts: 1, site: true });
    rollbackId = (await stage.rollBack()).rollbackId;
  });
  afterAll(() => theatre.close());

  const world = () =>
    ({
      endpoint: theatre.aws.endpoint,
      api: theatre.aws.endpoint,
      application: stage.application,
      hosts: stage.hosts,
      credentials: Object.fromEntries(USERS.map((user) => [user, theatre.aws.credentials(user)])) as World['credentials'],
    }) satisfies Partial<World>;
  const paste = async (commands: string): Promise<string> => {
    const cwd = await mkdtemp(join(theatre.directory, 'pasted-'));
    const options = { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
    return (await run('bash', ['-c', `set -e\n${commands}`], options)).stdout;
  };
  const answersIn = (printed: string): Answered[] =>
    printed.split(/(?<=^@@ .*\n)/m).flatMap((part) => {
      const [, status, request = ''] = /^@@ (\d+) (.*)$/m.exec(part) ?? [];
      return status === undefined ? [] : [{ status: Number(status), request, type: /"type":"([\w-]+)"/.exec(part)?.[1] }];
    });
  const expectAnswered = (printed: string, commands: string) => {
    const answers = answersIn(printed);
    expect(answers).toHaveLength(commands.match(/^ *api (?!\(\))/gm)?.length ?? 0);
    expect(answers.filter((answer) => answer.status >= 300 && !isDocumented(answer))).toEqual([]);
  };

  it('of the README: every `api` command', async () => {
    const blocks = [...readme.matchAll(/^```bash\n([\s\S]*?)^```$/gm)]
      .map(([, block = '']) => block)
      .filter((block) => /^api (?!\(\))/m.test(block) && !/^aws /m.test(block));
    expect(blocks.length).toBeGreaterThan(12);
    const cursor = (await stage.operator.call('GET', `/rollbacks?application=${stage.application}&limit=1`)).cursor ?? 'none';
    for (const block of blocks) {
      // "On your machine, `approver` makes you the second person."
      const commands = block.replace(/^api .*\/(approve|reject)"$/gm, 'approver\n$&\noperator');
      const printed = await paste(`${shellSetup(world(), rollbackId)}\n${WATCHED}\nCURSOR=${cursor}\n${commands}`);
      expectAnswered(printed, block);
    }
  });

  it.skipIf(!hasQueues)('of the README: what hands in an event that no function took', async () => {
    const [, section = ''] = readme.split('### An event that no function took');
    const blocks = [...section.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].slice(0, 2).map(([, block = '']) => block);
    const { rollbackId: dead } = await stage.operator.call('POST', `/applications/${stage.application}/rollbacks`, {
      strategy: 'code',
      target: { version: '1.2.0' },
      reason: 'a test',
    });
    await stage.ended(dead);
    const detail = { executionArn: 'arn:of:it', name: dead, status: 'ABORTED' };
    const event = { requestPayload: { source: 'aws.states', detail } };
    const queue = `${theatre.aws.endpoint}/123456789012/rollback-local-undelivered-events`;
    const printed = await paste(`${shellSetup(world(), dead)}
aws() { command aws --endpoint-url "$API" "$@"; }
admin
aws sqs send-message --region "$REGION" --queue-url ${queue} --message-body '${JSON.stringify(event)}'
${blocks.join('\n').replaceAll('rollback-prod', 'rollback-local')}
cat answer.json
aws sqs receive-message --region "$REGION" --queue-url ${queue}`);
    expect(printed).toMatch(/"StatusCode": 200/);
    expect(printed).not.toMatch(/FunctionError|errorMessage|"Messages"/);
  });

  it('of `npm start`: every example', async () => {
    const printed = examples(world() as unknown as World, rollbackId);
    const commands = printed
      .slice(printed.indexOf('export REGION'))
      .split('\n')
      .filter((line) => hasCli || !line.startsWith('aws '))
      .join('\n')
      .replace(/^operator$/m, `operator\n${WATCHED}`);
    expectAnswered(await paste(commands), commands);
  });
});
