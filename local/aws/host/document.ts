import { AwsError } from '../service.ts';

/** One parameter of a document. Only strings that travel by environment variable: everything else is shell injection. */
interface DocumentParameter {
  readonly type: 'String';
  readonly interpolationType: 'ENV_VAR';
  readonly description?: string;
  readonly default?: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
  readonly minChars?: number;
  readonly maxChars?: number;
}

/** One `aws:runShellScript` step. Without `onFailure: exit` the next step runs although this one failed, as the agent does it. */
export interface DocumentStep {
  readonly action: string;
  readonly name: string;
  readonly inputs: {
    readonly runCommand: readonly string[];
    readonly workingDirectory?: string;
    readonly timeoutSeconds?: number | string;
  };
  readonly onFailure?: 'exit' | 'successAndExit';
  readonly onSuccess?: 'exit';
  readonly finallyStep?: boolean;
}

/** A command document of schema 2.2. */
export interface DocumentContent {
  readonly schemaVersion: '2.2';
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly DocumentStep[];
}

/** A document as the template deploys it. */
export interface SsmDocument {
  readonly name: string;
  readonly arn: string;
  readonly content: object;
}

/** `{{ name }}` and `{{ ssm:name }}`, but not the `{{.Field}}` of other programs' templates. */
const SUBSTITUTION = /\{\{\s*[\w-]+(?::[^{}]*)?\s*\}\}/;

/**
 * Reads a document's content and refuses what the real service or this one does not run: other schemas and actions, textual
 * `{{ parameter }}` substitution, parameters that are not `ENV_VAR` strings. Throws `InvalidDocumentContent`.
 */
export function readDocument({ name, content }: SsmDocument): DocumentContent {
  const read = content as DocumentContent;
  const refuse = (why: string): never => {
    throw new AwsError('InvalidDocumentContent', `Document ${name}: ${why}`);
  };
  if (read.schemaVersion !== '2.2') refuse('only schemaVersion 2.2 is run here');
  if (SUBSTITUTION.test(JSON.stringify(content)))
    refuse('{{ }} is textual substitution; read the variable SSM_<parameter> instead');
  for (const [parameter, rule] of Object.entries(read.parameters ?? {})) {
    if (rule.type !== 'String' || rule.interpolationType !== 'ENV_VAR')
      refuse(`${parameter} must be a String with interpolationType ENV_VAR`);
    if (rule.allowedPattern !== undefined) new RegExp(rule.allowedPattern);
  }
  if (!Array.isArray(read.mainSteps) || read.mainSteps.length === 0) refuse('mainSteps is empty');
  for (const step of read.mainSteps) {
    if (step.action !== 'aws:runShellScript') refuse(`${step.action} is not run here, only aws:runShellScript`);
    if (!/^[\w-]{3,128}$/.test(step.name ?? '')) refuse(`step name ${step.name} is not valid`);
    if (!Array.isArray(step.inputs?.runCommand)) refuse(`step ${step.name} has no runCommand`);
  }
  return read;
}

function complaint(name: string, rule: DocumentParameter, value: string): string | undefined {
  if (value.includes('\0')) return `Parameter "${name}" holds a NUL character`;
  if (value.length < (rule.minChars ?? 0)) return `Parameter "${name}" is shorter than ${rule.minChars} characters`;
  if (value.length > (rule.maxChars ?? Number.POSITIVE_INFINITY))
    return `Parameter "${name}" is longer than ${rule.maxChars} characters`;
  if (rule.allowedValues && !rule.allowedValues.includes(value))
    return `Parameter "${name}" is not one of ${rule.allowedValues.join(', ')}`;
  // Searched, not matched whole: a pattern without anchors lets more through than its author thinks, there and here.
  if (rule.allowedPattern && !new RegExp(rule.allowedPattern).test(value))
    return `Parameter "${name}" does not match ${rule.allowedPattern}`;
  return undefined;
}

/**
 * Checks parameters against the document's rules, at SendCommand and once more on the host, and answers one value for every
 * parameter of the document. Throws `InvalidParameters`.
 */
export function readParameters(
  content: DocumentContent,
  given: Readonly<Record<string, readonly string[]>>,
): Record<string, string> {
  const rules = content.parameters ?? {};
  const refuse = (why: string): never => {
    throw new AwsError('InvalidParameters', why);
  };
  for (const name of Object.keys(given))
    if (!Object.hasOwn(rules, name)) refuse(`Parameter "${name}" is not defined in the document`);
  const values: Record<string, string> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const list = given[name] ?? (rule.default === undefined ? refuse(`Parameter "${name}" requires a value`) : [rule.default]);
    const value = Array.isArray(list) && list.length === 1 ? list[0] : undefined;
    if (typeof value !== 'string') return refuse(`Parameter "${name}" takes exactly one string`);
    const why = complaint(name, rule, value);
    if (why) refuse(why);
    values[name] = value;
  }
  return values;
}
