import type { Manifest, Wave } from '../contracts.ts';

export type CommandSettings = {
  /** Where the service keeps its state on a host. */
  stateDirectory?: string;
  /** ISO time from which errors in the logs count in an inspection; absent: they are not counted. */
  errorsSince?: string;
  /** The rollback that this one takes back: the local changes that it saved are put back with its commit. */
  undoOf?: string;
  /** `host:port` of the restored instance, known once it is restored. */
  databaseTo?: string;
  /** `host:port` of the instance that carried the database's name before: it must no longer lead there. */
  databaseAway?: string;
};

const STATE_DIRECTORY = '/var/lib/rollback-service';

/** What every document needs, except the fence. */
export function baseParameters(
  { application, code }: Manifest,
  rollbackId: string,
  settings: CommandSettings,
): Record<string, string> {
  return {
    rollbackId,
    application,
    stateDirectory: settings.stateDirectory ?? STATE_DIRECTORY,
    directory: code?.directory ?? '',
    user: code?.user ?? '',
  };
}

export function services({ services: { application, proxy } }: Manifest): Record<string, string> {
  return { applicationServices: application.join(','), proxyServices: proxy.join(',') };
}

/** How the code of a commit is installed; the names are the manifest's. */
export function prepare({ code }: Manifest, { commit }: Wave): Record<string, string> {
  const install = code?.install;
  const python = install !== undefined && 'python' in install ? install.python : null;
  const npm = install !== undefined && 'npm' in install ? install.npm : null;
  const script = install !== undefined && 'script' in install ? install.script : null;
  return {
    commit,
    installKind: python ? 'python' : npm ? 'npm' : script ? 'script' : 'none',
    requirements: python?.requirements ?? '',
    venv: python?.venv ?? '',
    // The document takes no empty folder.
    npmDirectory: npm?.directory ?? '.',
    installScript: script ?? '',
  };
}
