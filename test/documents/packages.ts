import { execFileSync } from 'node:child_process';
import { strToU8, zipSync } from 'fflate';
import type { Files } from './repository.ts';

/** Whether this machine can make python environments. */
export function pythonAvailable(): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A wheel of one module that answers its version, as the bytes of a file. */
export function wheel(name: string, version: string): Uint8Array {
  const info = `${name}-${version}.dist-info`;
  return zipSync({
    [`${name}/__init__.py`]: strToU8(`VERSION = '${version}'\n`),
    [`${info}/METADATA`]: strToU8(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    [`${info}/WHEEL`]: strToU8('Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    [`${info}/RECORD`]: strToU8(`${name}/__init__.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`),
  });
}

/** A python application whose `/health` reports which of the modules `old` and `newer` it can import. */
export const PYTHON_SERVER = `
import http.server, importlib.util, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = '+'.join(name for name in ('old', 'newer') if importlib.util.find_spec(name))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({'version': found}).encode())
http.server.HTTPServer((os.environ['HOST_ADDRESS'], int(os.environ['PORT'])), Handler).serve_forever()
`;

/** package.json and lock file of an application with one dependency, which lies in the repository. */
export function npmFiles(folder: string, dependency: string): Files {
  const dependencies = { [dependency]: `file:packages/${dependency}` };
  const lock = {
    name: 'sample',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'sample', version: '1.0.0', dependencies },
      [`node_modules/${dependency}`]: { resolved: `packages/${dependency}`, link: true },
      [`packages/${dependency}`]: { version: '1.0.0' },
    },
  };
  return {
    [`${folder}package.json`]: JSON.stringify({ name: 'sample', version: '1.0.0', dependencies }),
    [`${folder}package-lock.json`]: JSON.stringify(lock),
    [`${folder}packages/${dependency}/package.json`]: JSON.stringify({ name: dependency, version: '1.0.0', main: 'index.js' }),
    [`${folder}packages/${dependency}/index.js`]: `module.exports = '${dependency}';\n`,
  };
}

/** A web application whose `/health` reports which of the packages `first` and `second` it can load. */
export const NPM_SERVER = `import { createServer } from 'node:http';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const found = ['first', 'second'].filter((name) => { try { return require(name) === name; } catch { return false; } });
createServer((_, response) => response.end(JSON.stringify({ version: found.join('+') }))).listen(Number(process.env.PORT), process.env.HOST_ADDRESS);
`;
