/** Lists the fields of a contract as people read them: path, type, rule, default. What a contract does not say, this does not invent. */
import type * as z from 'zod/mini';

export interface Field {
  /** `health.flows[].url`: dots lead into a section, `[]` into the items of a list. */
  readonly path: string;
  readonly type: string;
  /** Empty: any value of the type. */
  readonly rule: string;
  /** As JSON; `required`, `none` and, among the options of a union, `one of these` in words. */
  readonly fallback: string;
}

type Schema = z.core.$ZodTypes;
interface Described {
  readonly type: string;
  readonly rules: readonly string[];
}

/** A kind of schema or check that nobody has put into words yet. */
export class UnknownToReference extends Error {
  override readonly name = 'UnknownToReference';
  constructor(kind: string) {
    super(`The reference has no words for ${kind}. Add them to docs/contract-fields.ts.`);
  }
}

const asSchema = (schema: unknown): Schema => schema as Schema;

/** What stands around a value: whether it may be left out and what it is then. */
function unwrap(schema: Schema): { inner: Schema; fallback: string } {
  const { def } = schema._zod;
  if (def.type === 'optional') return { inner: unwrap(asSchema(def.innerType)).inner, fallback: 'none' };
  if (def.type === 'default' || def.type === 'prefault') {
    const isEmpty = JSON.stringify(def.defaultValue) === '{}';
    return { inner: unwrap(asSchema(def.innerType)).inner, fallback: isEmpty ? 'none' : JSON.stringify(def.defaultValue) };
  }
  // A transform takes what its input takes.
  if (def.type === 'pipe') return { inner: unwrap(asSchema(def.in)).inner, fallback: 'required' };
  return { inner: schema, fallback: 'required' };
}

interface Limits {
  min?: number;
  max?: number;
}

function describeLimits({ min, max }: Limits, noun: string): string[] {
  if (min === undefined && max === undefined) return [];
  const unit = noun === '' ? '' : ` ${noun}`;
  if (max === undefined) return [`at least ${min}${unit}`];
  return [min === undefined ? `at most ${max}${unit}` : `${min}-${max}${unit}`];
}

const withoutMust = (message: string): string =>
  message
    .replace(/^must be /, '')
    .replace(/^must not /, 'does not ')
    .replace(/^must name /, 'names ');

function messageOf(def: { readonly error?: unknown }): string[] {
  const message = typeof def.error === 'function' ? def.error({}) : undefined;
  return typeof message === 'string' ? [withoutMust(message)] : [];
}

/** Trimming refuses nothing; that a number is whole is part of its type. */
const WITHOUT_WORDS: readonly string[] = ['overwrite', 'number_format'];

/** The words of a schema's checks; limits come as one range. */
function describeChecks(schema: Schema, noun: string): string[] {
  const limits: Limits = {};
  const rules: string[] = [];
  for (const check of schema._zod.def.checks ?? []) {
    const def = (check as z.core.$ZodChecks)._zod.def;
    if (def.check === 'min_length') limits.min = def.minimum;
    else if (def.check === 'max_length') limits.max = def.maximum;
    else if (def.check === 'greater_than') limits.min = Number(def.value);
    else if (def.check === 'less_than') limits.max = Number(def.value);
    else if (def.check === 'string_format' || (def.check as string) === 'custom') rules.push(...messageOf(def));
    else if (!WITHOUT_WORDS.includes(def.check)) throw new UnknownToReference(`the check ${def.check}`);
  }
  return [...rules, ...describeLimits(limits, noun)];
}

function describeUnion(schema: Schema, options: readonly unknown[]): Described {
  const parts = options.map((option) => describe(asSchema(option)));
  const types = [...new Set(parts.map(({ type }) => type))];
  if (types.length === 1 && types[0] === 'section') return { type: 'section', rules: messageOf(schema._zod.def) };
  return { type: types.join(' or '), rules: [parts.map(({ rules }) => rules.join(', ')).join('; or ')] };
}

function describeArray(schema: Schema, element: unknown): Described {
  const { type, rules } = describe(asSchema(element));
  const each = rules.length === 0 ? [] : [`each ${rules.join(', ')}`];
  return { type: `list of ${type}`, rules: [...describeChecks(schema, 'entries'), ...each] };
}

/** `z.int()` has a format of its own, `z.coerce.number()` a check for it. */
function isWhole({ _zod: { def } }: Schema): boolean {
  return 'format' in def || (def.checks ?? []).some(({ _zod }) => _zod.def.check === 'number_format');
}

function describe(schema: Schema): Described {
  const { inner } = unwrap(schema);
  const { def } = inner._zod;
  switch (def.type) {
    case 'string': {
      const own = 'format' in def && def.format !== undefined ? messageOf(def) : [];
      return { type: 'text', rules: [...own, ...describeChecks(inner, 'characters')] };
    }
    case 'number':
      return { type: isWhole(inner) ? 'whole number' : 'number', rules: describeChecks(inner, '') };
    case 'boolean':
      return { type: 'true or false', rules: [] };
    case 'enum':
      return { type: 'text', rules: [`one of ${Object.values(def.entries).join(', ')}`] };
    case 'array':
      return describeArray(inner, def.element);
    case 'record':
      return { type: 'map of text to text', rules: describeChecks(inner, 'entries') };
    case 'union':
      return describeUnion(inner, def.options);
    case 'object':
      return { type: 'section', rules: describeChecks(inner, '') };
    default:
      throw new UnknownToReference(`the type ${def.type}`);
  }
}

interface Inside {
  readonly name: string;
  readonly schema: Schema;
  readonly fallback: string;
}

/** The schemas one step further in, with what their paths end in. */
function insideOf(schema: Schema): Inside[] {
  const { inner } = unwrap(schema);
  const { def } = inner._zod;
  if (def.type === 'object')
    return Object.entries(def.shape).map(([name, value]) => ({
      name: `.${name}`,
      schema: asSchema(value),
      fallback: unwrap(asSchema(value)).fallback,
    }));
  if (def.type === 'array') return insideOf(asSchema(def.element)).map((inside) => ({ ...inside, name: `[]${inside.name}` }));
  if (def.type === 'union')
    return def.options
      .flatMap((option) => insideOf(asSchema(option)))
      .map((inside) => ({ ...inside, fallback: inside.fallback === 'required' ? 'one of these' : inside.fallback }));
  return [];
}

function walk(prefix: string, schema: Schema): Field[] {
  return insideOf(schema).flatMap(({ name, schema: inner, fallback }) => {
    const path = `${prefix}${name}`.replace(/^\./, '');
    const { type, rules } = describe(inner);
    return [{ path, type, rule: rules.join('; '), fallback }, ...walk(path, inner)];
  });
}

/** Every field of an object contract in its own order, sections before what is in them. */
export function fieldsOf(contract: z.ZodMiniType): Field[] {
  return walk('', asSchema(contract));
}
