/** npm run docs: writes the references. With --check it writes nothing and exits with 1, naming each file that is stale. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generated } from './generated.ts';

const isCheck = process.argv.includes('--check');

for (const [file, content] of Object.entries(generated())) {
  const path = join(import.meta.dirname, file);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === content) continue;
  if (isCheck) {
    console.error(`docs/${file} is stale. Run: npm run docs`);
    process.exitCode = 1;
  } else {
    await writeFile(path, content);
    console.log(`wrote docs/${file}`);
  }
}
