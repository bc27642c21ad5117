import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DocumentDefinition, DocumentName, HostDocument } from './definitions.ts';

/** The content of a command document, schema 2.2. */
export interface DocumentContent {
  readonly schemaVersion: '2.2';
  readonly description: string;
  readonly parameters: Readonly<Record<string, ContentParameter>>;
  readonly mainSteps: readonly [
    {
      readonly action: 'aws:runShellScript';
      readonly name: string;
      readonly precondition: { readonly StringEquals: readonly ['platformType', 'Linux'] };
      readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
    },
  ];
}

interface ContentParameter {
  readonly type: 'String';
  readonly description: string;
  readonly interpolationType: 'ENV_VAR';
  readonly allowedPattern: string;
  readonly maxChars: number;
  readonly default?: string;
}

const EVERYWHERE = ['state', 'user', 'repository'];

/** Which shared parts stand before a document's own script, in order. `json`, `prelude` and `EVERYWHERE` stand before all. */
const PARTS: Readonly<Record<DocumentName, readonly string[]>> = {
  'inspect-host': ['observe'],
  'capture-host': ['lock', 'observe', 'backing-up', 'database-url', 'addresses'],
  'back-up-configuration': ['lock', 'backing-up'],
  'restore-configuration': ['lock', 'observe', 'backing-up', 'database-url', 'replaced-databases', 'configuration', 'restarting'],
  'manage-services': ['lock', 'observe', 'restarting'],
  'query-database': ['database-url', 'addresses'],
  'prepare-code': ['lock', 'environment'],
  'check-out-code': [
    'lock',
    'observe',
    'backing-up',
    'database-url',
    'replaced-databases',
    'configuration',
    'environment',
    'stale-locks',
    'saving',
    'replacing',
    'switching',
    'restarting',
  ],
};

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8');
}

/** What only helps to read stays here, comments and indentation: a document's content is limited to 64 KB. No text goes over lines. */
function condensed(script: string): string {
  return script
    .replace(/^\s*#.*\n/gm, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n');
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The bash program of a document: the shared parts, then its own script. */
function program({ name, parameters }: HostDocument): string {
  const names = Object.keys(parameters).join(' ');
  const shared = ['json', 'prelude'].map((part) => read(`shared/${part}.sh`));
  const parts = [...EVERYWHERE, ...PARTS[name]].map((part) => read(`shared/${part}.sh`));
  return condensed([`document=${name}\n`, ...shared, `read_parameters ${names}\n`, ...parts, read(`${name}.sh`)].join('\n'));
}

/**
 * The script as the agent runs it by `sh`. The program is handed to bash as one quoted argument: a here-document would need room
 * on a disk that may be full, and would be the stdin of every child.
 */
function runCommand(document: HostDocument): string[] {
  const { name } = document;
  const missing = { document: name, ok: false, error: 'bash-missing', message: 'This host has no bash. Install it.' };
  return [
    `command -v bash >/dev/null || { echo ${singleQuoted(JSON.stringify(missing))}; exit 1; }`,
    `exec bash -c ${singleQuoted(program(document))} ${name}`,
  ];
}

function contentParameters(definition: DocumentDefinition): Record<string, ContentParameter> {
  return Object.fromEntries(
    Object.entries(definition.parameters).map(([name, { pattern, ...rest }]) => [
      name,
      { type: 'String', interpolationType: 'ENV_VAR', allowedPattern: pattern, ...rest },
    ]),
  );
}

/** Builds what is deployed as an SSM document. Reads the scripts beside this file: for packaging and tests, never in a Lambda. */
export function documentContent(definition: HostDocument): DocumentContent {
  return {
    schemaVersion: '2.2',
    description: definition.description,
    parameters: contentParameters(definition),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: definition.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: String(definition.timeoutSeconds), runCommand: runCommand(definition) },
      },
    ],
  };
}
