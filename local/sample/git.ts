import { mustExecute } from '../programs.ts';

/** Keeps the settings of the person at the keyboard (signing, hooks, line ends) out of the sample's repositories. */
const ISOLATED = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Sample Author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'Sample Author',
  GIT_COMMITTER_EMAIL: 'author@example.com',
};

/** Runs git in a directory and answers its trimmed output; `date` (ISO 8601) is the author's and committer's date. Throws with git's own words. */
export async function git(directory: string, args: readonly string[], date?: string): Promise<string> {
  const dates = date ? { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date } : {};
  const environment = { ...process.env, ...ISOLATED, ...IDENTITY, ...dates };
  const { stdout } = await mustExecute({ file: 'git', args, directory, environment });
  return stdout.trim();
}
