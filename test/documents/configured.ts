import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deployment } from './deployment.ts';
import type { DocumentValues } from './parameters.ts';
import { server } from './repository.ts';

/** In every configuration file of these tests; no document may ever print one. */
export const SECRETS = ['hunter2%2Fof%40nobody', 'hunter2/of@nobody', 'key-of-nobody'] as const;

export const FROM = 'old.db.example.com:5432';
export const TO = 'new.db.example.com:6543';

/** A configuration file whose database is at an address. */
export const configurationAt = (address: string, more = '') =>
  `# Settings of the sample\nexport API_KEY="${SECRETS[2]}"\n\nDATABASE_URL='postgresql://app:${SECRETS[0]}@${address}/sample?sslmode=disable'\n${more}`;

type Values = Partial<DocumentValues<'restore-configuration'>>;

/** The sample application with a configuration file, which its server reads as it starts. */
export async function configured() {
  const at = await deployment();
  const file = join(at.host.root, 'var/www/.env');
  const put = (content: string | Uint8Array, path = file, mode = 0o640) => {
    writeFileSync(path, content);
    chmodSync(path, mode);
  };
  put(configurationAt(FROM, 'MODE=bad\nNEWER=1\n'));
  const commit = at.repository.release({ 'server.mjs': serverReading(file) });
  await at.start(commit);
  const backups = join(at.host.state, 'configuration');
  const values = { ...at.values, configurationFile: file };
  return {
    ...at,
    commit,
    file,
    put,
    backups,
    values,
    read: (path = file) => readFileSync(path, 'utf8'),
    mode: (path = file) => (statSync(path).mode & 0o7777).toString(8),
    /** Names of the dated backups. */
    kept: () => readdirSync(backups).filter((name) => name.endsWith('.env')),
    /** All that lies beside the file and in the folder of its backups, but for the backups. */
    leftovers: () => [
      ...readdirSync(dirname(file)).filter((name) => !['.env', '.env.previous', 'sample'].includes(name)),
      ...(existsSync(backups) ? readdirSync(backups) : []).filter((name) => !name.endsWith('.env')),
    ],
    restore: (more: Values = {}) => at.host.result('restore-configuration', { ...values, ...more }),
    refused: (more: Values = {}) => at.host.failure('restore-configuration', { ...values, ...more }),
  };
}

/** `/health` reports the MODE that the process found when it started; without a database it does not start. */
function serverReading(file: string): string {
  const start = `import { readFileSync } from 'node:fs';
const text = readFileSync('${file}', 'utf8');
if (!/^DATABASE_URL=/m.test(text)) process.exit(1);
const mode = /^MODE=(.*)$/m.exec(text)?.[1] ?? 'none';`;
  return server('MODE', { start }).replace("'MODE'", 'mode');
}
