import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Install, npmInstall } from '../../local/sample/host.ts';

/**
 * Hand deployments that install each release once and copy the result afterwards: they are what a test starts from, not what it
 * tests. A release that cannot be installed fails each time anew.
 */
export const installOnce = (directory: string): Install => {
  const installed = new Map<string, Promise<string>>();
  const keep = async (backend: string, version: string): Promise<string> => {
    const kept = join(directory, version);
    await cp(join(backend, 'node_modules'), kept, { recursive: true, verbatimSymlinks: true });
    return kept;
  };
  return async (backend, environment, version) => {
    const before = installed.get(version);
    if (!before) {
      const first = npmInstall(backend, environment, version).then(() => keep(backend, version));
      installed.set(version, first);
      first.catch(() => installed.delete(version));
      await first;
      return;
    }
    const modules = join(backend, 'node_modules');
    const kept = await before;
    // As npm ci does: what is there goes, also through the link that a rollback left.
    await rm(modules, { recursive: true, force: true });
    await cp(kept, modules, { recursive: true, verbatimSymlinks: true });
  };
};
