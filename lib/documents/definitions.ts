import { ABSOLUTE_PATH, HTTP_URL, RELATIVE_PATH, UNIT } from '../patterns.ts';

/** One parameter of a host document: a string that reaches the script as the environment variable `SSM_<name>`. */
export interface ParameterDefinition {
  readonly description: string;
  /** Without one the parameter has to be given. */
  readonly default?: string;
  /** Anchored and without look-around: SSM checks it in Java, the agent in Go, this service in JavaScript. */
  readonly pattern: string;
  readonly maxChars: number;
}

/** One of the service's own SSM documents. */
export interface DocumentDefinition {
  readonly name: string;
  readonly description: string;
  /** False for a document that only looks: it takes no lock and needs no fencing token. */
  readonly mutates: boolean;
  /** How long the script may run on the host before the agent kills it. */
  readonly timeoutSeconds: number;
  readonly parameters: Readonly<Record<string, ParameterDefinition>>;
}

/** A manifest's `hosts.commandTimeout` is at most this long: the service cancels before the agent kills. */
const LONGEST_SECONDS = 1800;
/** Ten units of 80 characters, and the commas between them. */
const UNITS_CHARS = 809;

const ROLLBACK_ID = '[A-Za-z0-9][A-Za-z0-9_-]*';

const exactly = (inner: string) => `^${inner}$`;
const optionally = (inner: string) => `^(${inner})?$`;

const identity = {
  rollbackId: { description: 'Id of the rollback that this belongs to', pattern: exactly(ROLLBACK_ID), maxChars: 80 },
  application: { description: 'Name of the application', pattern: exactly('[a-z0-9][a-z0-9-]*'), maxChars: 64 },
  stateDirectory: {
    description: 'Folder of the host where the service keeps its state, one folder an application',
    default: '/var/lib/rollback-service',
    pattern: exactly(ABSOLUTE_PATH),
    maxChars: 256,
  },
} as const;

const lock = {
  fence: { description: 'Fencing token of the lock on the application', pattern: exactly('[0-9]{1,15}'), maxChars: 15 },
  lockSeconds: {
    description: 'How long to wait for another command of the application on this host',
    default: '10',
    pattern: exactly('[0-9]{1,3}'),
    maxChars: 3,
  },
} as const;

const code = {
  directory: { description: 'Root of the git repository on the host', pattern: exactly(ABSOLUTE_PATH), maxChars: 256 },
  user: { description: 'Owner of the code', pattern: exactly('[a-z_][a-z0-9_-]{0,31}'), maxChars: 32 },
} as const;

const configurationFile = {
  description: 'Configuration file of the application, or empty',
  default: '',
  pattern: optionally(ABSOLUTE_PATH),
  maxChars: 256,
} as const;

const requiredConfigurationFile = {
  description: 'Configuration file of the application',
  pattern: exactly(ABSOLUTE_PATH),
  maxChars: 256,
} as const;

const services = {
  applicationServices: {
    description: 'systemd units of the application, separated by commas',
    default: '',
    pattern: optionally(`${UNIT}(,${UNIT})*`),
    maxChars: UNITS_CHARS,
  },
  proxyServices: {
    description: 'systemd units of the proxies before it, separated by commas',
    default: '',
    pattern: optionally(`${UNIT}(,${UNIT})*`),
    maxChars: UNITS_CHARS,
  },
} as const;

const healthUrl = {
  description: 'URL on the host that answers 200 when the application is well, or empty',
  default: '',
  pattern: optionally(HTTP_URL),
  maxChars: 512,
} as const;

const logUnits = {
  description: 'systemd units whose journal is searched for errors, separated by commas',
  default: '',
  pattern: optionally(`${UNIT}(,${UNIT})*`),
  maxChars: UNITS_CHARS,
} as const;

const commit = { description: 'Commit to go to, 40 hexadecimal digits', pattern: exactly('[0-9a-f]{40}'), maxChars: 40 } as const;

const HOST_AND_PORT = '(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9._-]*):[0-9]{1,5}';

const configuration = {
  configurationFile,
  configurationFrom: {
    description: 'What the configuration is restored from: previous, backup:<id> or time:<YYYYMMDDThhmmssZ>; empty: it stays',
    default: '',
    pattern: optionally(`previous|backup:${ROLLBACK_ID}|time:[0-9]{8}T[0-9]{6}Z`),
    maxChars: 100,
  },
  configurationMayStay: {
    description: 'yes: a file that is right already, or has no .previous beside it, stays; else that is a failure',
    default: '',
    pattern: optionally('yes'),
    maxChars: 3,
  },
  configurationOwner: {
    description: 'Owner and group that the file is given; empty: as it has',
    default: '',
    pattern: optionally('[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*'),
    maxChars: 65,
  },
  configurationMode: {
    description: 'Octal mode that the file is given; empty: as it has',
    default: '',
    pattern: optionally('0?[0-7]{3}'),
    maxChars: 4,
  },
  databaseFrom: {
    description: 'host:port that DATABASE_URL names now, or empty',
    default: '',
    pattern: optionally(HOST_AND_PORT),
    maxChars: 260,
  },
  databaseTo: {
    description: 'host:port that DATABASE_URL is to name, or empty',
    default: '',
    pattern: optionally(HOST_AND_PORT),
    maxChars: 260,
  },
} as const;

const install = {
  installKind: {
    description: 'How dependencies are installed: none, python, npm or a script of the repository',
    default: 'none',
    pattern: exactly('(none|python|npm|script)'),
    maxChars: 6,
  },
  requirements: {
    description: 'python: requirements file, relative to the repository',
    default: '',
    pattern: optionally(RELATIVE_PATH),
    maxChars: 200,
  },
  venv: {
    description: 'python: where the code looks for its environment, relative to the repository',
    default: '',
    pattern: optionally(RELATIVE_PATH),
    maxChars: 200,
  },
  npmDirectory: {
    description: 'npm: folder of package.json, relative to the repository; . for its root',
    default: '.',
    pattern: exactly(`(\\.|${RELATIVE_PATH})`),
    maxChars: 200,
  },
  installScript: {
    description: 'script: path relative to the repository; runs as the owner of the code',
    default: '',
    pattern: optionally(RELATIVE_PATH),
    maxChars: 200,
  },
} as const;

const bringUp = {
  expectedVersion: {
    description: 'Version that the health URL has to report, if it reports one',
    default: '',
    pattern: optionally('[A-Za-z0-9][A-Za-z0-9._+-]*'),
    maxChars: 64,
  },
  healthAttemptSeconds: {
    description: 'How long the health URL may take to answer well',
    default: '60',
    pattern: exactly('[0-9]{1,4}'),
    maxChars: 4,
  },
  settleSeconds: {
    description: 'How long every service has to stay up with one main process',
    default: '2',
    pattern: exactly('[0-9]{1,2}'),
    maxChars: 2,
  },
  maxErrors: {
    description: 'Errors in the journal since the restart that are tolerated; empty for any number',
    default: '',
    pattern: optionally('[0-9]{1,6}'),
    maxChars: 6,
  },
} as const;

const restoreSavedFrom = {
  description: 'Id of the rollback whose saved local changes and files are put back, or empty',
  default: '',
  pattern: optionally(ROLLBACK_ID),
  maxChars: 80,
} as const;

/** The service's host documents, by name. */
export const HOST_DOCUMENTS = {
  'inspect-host': {
    name: 'inspect-host',
    description: 'Tells what runs on a host: commit, services, configuration checksum, health. Changes nothing.',
    mutates: false,
    timeoutSeconds: 60,
    parameters: {
      ...identity,
      // A look before the lock is taken has no token to show.
      fence: { ...lock.fence, default: '', pattern: optionally('[0-9]{1,15}') },
      ...code,
      commit: {
        ...commit,
        description: 'Commit whose presence is asked for, or empty',
        default: '',
        pattern: optionally('[0-9a-f]{40}'),
      },
      configurationFile,
      ...services,
      healthUrl,
      logUnits,
      logsSince: {
        description: 'Errors are counted from here, epoch seconds',
        default: '',
        pattern: optionally('[0-9]{1,12}'),
        maxChars: 12,
      },
    },
  },
  'capture-host': {
    name: 'capture-host',
    description: 'Records what runs on a host before a rollback and backs up its configuration.',
    mutates: true,
    timeoutSeconds: 60,
    parameters: {
      ...identity,
      ...lock,
      ...code,
      configurationFile,
      ...services,
      databaseAddress: {
        description: 'host:port of the database whose name will lead to another instance, or empty',
        default: '',
        pattern: optionally(HOST_AND_PORT),
        maxChars: 260,
      },
      databaseUrlNeeded: {
        description: 'yes: a configuration file without DATABASE_URL is a failure',
        default: '',
        pattern: optionally('yes'),
        maxChars: 3,
      },
    },
  },
  'prepare-code': {
    name: 'prepare-code',
    description: 'Fetches a commit and builds its environment beside the running application, which is not touched.',
    mutates: true,
    timeoutSeconds: LONGEST_SECONDS,
    parameters: { ...identity, ...lock, ...code, commit, ...install },
  },
  'check-out-code': {
    name: 'check-out-code',
    description: 'Switches a host to a prepared commit, restarts its services and insists on their health.',
    mutates: true,
    timeoutSeconds: LONGEST_SECONDS,
    parameters: {
      ...identity,
      ...lock,
      ...code,
      commit,
      ...install,
      ...configuration,
      ...services,
      healthUrl,
      logUnits,
      ...bringUp,
      restoreSavedFrom,
    },
  },
  'back-up-configuration': {
    name: 'back-up-configuration',
    description: 'Keeps a dated backup of the configuration file on the host.',
    mutates: true,
    timeoutSeconds: 60,
    parameters: {
      ...identity,
      ...lock,
      ...code,
      configurationFile: requiredConfigurationFile,
    },
  },
  'restore-configuration': {
    name: 'restore-configuration',
    description: 'Restores the configuration file, or changes the address in its DATABASE_URL, and restarts the services on it.',
    mutates: true,
    timeoutSeconds: LONGEST_SECONDS,
    parameters: {
      ...identity,
      ...lock,
      ...code,
      ...configuration,
      configurationFile: requiredConfigurationFile,
      ...services,
      healthUrl,
      logUnits,
      ...bringUp,
      checkOnly: {
        description: 'yes: only looks whether it can be done',
        default: '',
        pattern: optionally('yes'),
        maxChars: 3,
      },
    },
  },
  'manage-services': {
    name: 'manage-services',
    description: 'Stops or starts the services of the application, and insists that they did.',
    mutates: true,
    timeoutSeconds: LONGEST_SECONDS,
    parameters: {
      ...identity,
      ...lock,
      ...code,
      operation: { description: 'stop or start', pattern: exactly('(stop|start)'), maxChars: 5 },
      ...services,
      healthUrl,
      logUnits,
      ...bringUp,
    },
  },
  'query-database': {
    name: 'query-database',
    description: 'Asks the database of the application for one number by one SELECT, in a session that cannot write.',
    mutates: false,
    timeoutSeconds: LONGEST_SECONDS,
    parameters: {
      ...identity,
      fence: { ...lock.fence, default: '', pattern: optionally('[0-9]{1,15}') },
      ...code,
      configurationFile,
      databaseAddress: {
        description: 'host:port to ask, with the credentials of DATABASE_URL; empty: that of DATABASE_URL',
        default: '',
        pattern: optionally(HOST_AND_PORT),
        maxChars: 260,
      },
      sql: {
        description: 'One SELECT on one line that answers one number, or empty',
        default: '',
        pattern: '^([SsWw][^;\\\\\\x00-\\x1f\\x7f]*)?$',
        maxChars: 2000,
      },
      atLeast: {
        description: 'The smallest good answer; empty: any will do',
        default: '',
        pattern: optionally('[0-9]{1,15}'),
        maxChars: 15,
      },
      mayNotAnswer: {
        description: 'yes: an error of the data is no failure, only one of the question or of the way to the database',
        default: '',
        pattern: optionally('yes'),
        maxChars: 3,
      },
      leadsTo: {
        description:
          'What the name is waited for to lead to: another instance than before the rollback, or the one of before; or empty',
        default: '',
        pattern: optionally('another|before'),
        maxChars: 7,
      },
      awayFrom: {
        description: 'host:port of the instance that the name may no longer lead to; empty: it has none',
        default: '',
        pattern: optionally(HOST_AND_PORT),
        maxChars: 260,
      },
      awaySeconds: {
        description: 'How long the name may take',
        default: '1500',
        pattern: exactly('[0-9]{1,4}'),
        maxChars: 4,
      },
    },
  },
} as const satisfies Readonly<Record<string, DocumentDefinition>>;

/** Name of a host document. */
export type DocumentName = keyof typeof HOST_DOCUMENTS;

/** Definition of one of them. */
export type HostDocument = (typeof HOST_DOCUMENTS)[DocumentName];
