import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Changes the working tree of a release before it is committed. `directory` is the root of the repository. */
export type Edit = (directory: string) => Promise<void>;

/** An edit that replaces text in one file. Throws when the text is not there, so that no release is silently equal to the one before. */
export function replace(file: string, from: string | RegExp, to: string): Edit {
  return async (directory) => {
    const path = join(directory, file);
    const before = await readFile(path, 'utf8');
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} does not hold ${from}`);
    await writeFile(path, after);
  };
}

/** An edit that writes one file. */
export function write(file: string, content: string): Edit {
  return (directory) => writeFile(join(directory, file), content);
}

/** Several edits, one after the other. */
export function all(...edits: readonly Edit[]): Edit {
  return async (directory) => {
    for (const edit of edits) await edit(directory);
  };
}

/** An edit that makes installing and starting take longer. */
export function slow({ installSeconds = 0, startSeconds = 0 }): Edit {
  const install = replace('backend/package.json', '"scripts": {', `"scripts": { "preinstall": "sleep ${installSeconds}",`);
  const wait = `await new Promise((resolve) => setTimeout(resolve, ${startSeconds * 1000}));\nserver.listen(`;
  const start = replace('backend/server.js', 'server.listen(', wait);
  return all(...(installSeconds > 0 ? [install] : []), ...(startSeconds > 0 ? [start] : []));
}

/** Ways in which a release can be bad, for tests: every one is a real defect of the code or its installation. */
export const defects = {
  /** `npm ci` ends with an error. */
  installFails: write('backend/vendor/phrases/package.json', '{ "name": "phrases", "version": }\n'),
  /** `npm ci` does not end. */
  installHangs: replace('backend/package.json', '"scripts": {', '"scripts": { "preinstall": "sleep 600",'),
  /** The process is gone right after its start. */
  exitsAtStart: replace('backend/server.js', 'const server =', "throw new Error('port map is empty');\nconst server ="),
  /** The process stays, `GET /api/health` answers 500. */
  healthRed: replace('backend/health.js', 'settings.databaseUrl', 'settings.databaseAddress'),
  /** `GET /api/health` never answers. */
  healthHangs: replace(
    'backend/server.js',
    '  response.writeHead',
    "  if (request.url === '/api/health') return;\n  response.writeHead",
  ),
  /** The port opens only after three seconds. */
  slowStart: slow({ startSeconds: 3 }),
} satisfies Record<string, Edit>;
