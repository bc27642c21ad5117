import { ACCOUNT_ID, REGION } from './service.ts';

/** What an intrinsic may ask for: the value of a `Ref` and of one attribute of a resource. */
export interface References {
  readonly stackName: string;
  ref(logicalId: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
}

type Argument = unknown;
type Intrinsic = (argument: Argument, references: References) => unknown;

/** A template that the laptop AWS can't deploy; the message names the resource at fault. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, references) => reference(String(argument), references),
  'Fn::GetAtt': getAttribute,
  'Fn::Sub': substitute,
  'Fn::Join': join,
  'Fn::Select': select,
  'Fn::Split': split,
};

/** Answers `value` with every CloudFormation intrinsic in it replaced by what it stands for. */
export function resolve(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, references)).filter((item) => item !== undefined);
  if (value === null || typeof value !== 'object') return value;
  const [key, ...others] = Object.keys(value);
  if (key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) {
    const intrinsic = INTRINSICS[key];
    if (!intrinsic) throw new TemplateError(`the intrinsic ${key} is not one the laptop AWS resolves`);
    return intrinsic((value as Record<string, unknown>)[key], references);
  }
  const members = Object.entries(value).map(([name, member]) => [name, resolve(member, references)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function reference(name: string, references: References): unknown {
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': references.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${references.stackName}/laptop`,
    'AWS::NoValue': undefined,
  };
  return name in pseudo ? pseudo[name] : references.ref(name);
}

function getAttribute(argument: Argument, references: References): unknown {
  const [logicalId, ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  return references.attribute(String(logicalId), path.join('.'));
}

function substitute(argument: Argument, references: References): string {
  const [text, given] = Array.isArray(argument) ? [String(argument[0]), argument[1] ?? {}] : [String(argument), {}];
  const variables = resolve(given, references) as Record<string, unknown>;
  return text.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (name in variables) return String(variables[name]);
    return String(name.includes('.') ? getAttribute(name, references) : reference(name, references));
  });
}

function join(argument: Argument, references: References): string {
  const [separator, parts] = argument as [string, unknown];
  return (resolve(parts, references) as unknown[]).map(String).join(separator);
}

function select(argument: Argument, references: References): unknown {
  const [index, list] = argument as [number | string, unknown];
  return (resolve(list, references) as unknown[])[Number(index)];
}

function split(argument: Argument, references: References): string[] {
  const [separator, text] = argument as [string, unknown];
  return String(resolve(text, references)).split(separator);
}
