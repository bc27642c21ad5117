import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The laptop's npm: beside its Node or wherever its PATH leads (nvm, setup-node). */
function findNpm(): string | undefined {
  const folders = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, 'npm')).find(isProgram);
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * Writes `node`, `npm`, `curl` and `psql` for a host on a machine that has none where a host looks: they belong at the end of its PATH. Their
 * paths are absolute, as scripts run programs without any variable of the host. Answers their folder.
 */
export function installFallbacks(root: string): string {
  const folder = join(root, 'opt/laptop/bin');
  const node = quoted(process.execPath);
  const npm = findNpm();
  const lines = {
    node: `exec ${node} "$@"`,
    curl: `exec ${node} ${quoted(join(import.meta.dirname, 'curl.ts'))} "$@"`,
    psql: `exec ${node} ${quoted(join(import.meta.dirname, 'psql.ts'))} "$@"`,
    // npm finds its Node by the PATH.
    ...(npm && { npm: `PATH=${quoted(dirname(process.execPath))}:$PATH exec ${quoted(npm)} "$@"` }),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, line] of Object.entries(lines)) writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return folder;
}
