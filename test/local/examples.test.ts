import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USERS } from '../../local/aws/users.ts';
import { shellSetup } from '../../local/examples.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const keysOf = (user: string) => ({ accessKeyId: `AKIA${user.toUpperCase()}`, secretAccessKey: `${user}/+s3cret` });
const keys = (user: string) => `${keysOf(user).accessKeyId} ${keysOf(user).secretAccessKey}`;
const credentials = {
  operator: keysOf('operator'),
  approver: keysOf('approver'),
  viewer: keysOf('viewer'),
  admin: keysOf('admin'),
};
const setup = shellSetup({ api: 'http://127.0.0.1:4566', application: 'sample-app', credentials }, 'sample-app-1');

/** What a shell says that got the lines pasted before `commands`. */
const pasted = (commands: string): string =>
  execFileSync('bash', ['-c', `${setup}\n${commands}`], {
    encoding: 'utf8',
    env: { ...process.env, AWS_SESSION_TOKEN: 'of another account' },
  });

describe('the lines to paste', () => {
  it('set what the examples of the README need', () => {
    expect(pasted('echo $API $REGION $APPLICATION $ROLLBACK_ID')).toBe(
      'http://127.0.0.1:4566 eu-central-1 sample-app sample-app-1\n',
    );
  });

  it("have the README's function", () => {
    const [api] = setup.match(/^api\(\) \{\n[\s\S]*?^\}$/m) ?? [];
    expect(api).toBeDefined();
    expect(readme).toContain(api);
  });

  it('make whoever pastes them the operator, and everybody else by name', () => {
    const show = 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY$AWS_SESSION_TOKEN"';
    expect(pasted(show)).toBe(`${keys('operator')}\n`);
    for (const user of USERS) expect(pasted(`${user}\n${show}`)).toBe(`${keys(user)}\n`);
  });
});
