import { AwsError } from './service.ts';

/** Says whether an event matches. */
export type EventMatcher = (event: unknown) => boolean;

type JsonObject = Readonly<Record<string, unknown>>;
type Test = (value: unknown) => boolean;

/**
 * Compiles an EventBridge event pattern. Of a field that is a list one element has to match; a nested pattern has to match
 * within one element of a list of objects. Throws `InvalidEventPatternException`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compilePattern(pattern: unknown): EventMatcher {
  if (!isObject(pattern)) throw invalid('Filter is not an object');
  return compileObject(pattern);
}

function compileObject(pattern: JsonObject): EventMatcher {
  const fields = Object.entries(pattern).map(([name, field]) =>
    name === '$or' ? compileEither(field) : compileField(name, field),
  );
  if (fields.length === 0) throw invalid('Empty objects are not allowed');
  return (event) => fields.every((matches) => matches(event));
}

function compileEither(alternatives: unknown): EventMatcher {
  if (!Array.isArray(alternatives) || alternatives.length < 2) throw invalid('$or must be an array of at least two patterns');
  const matchers = alternatives.map(compilePattern);
  return (event) => matchers.some((matches) => matches(event));
}

function compileField(name: string, field: unknown): EventMatcher {
  const read = (event: unknown) => (isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined);
  if (isObject(field)) {
    const matches = compileObject(field);
    return (event) => elements(read(event)).some(matches);
  }
  if (!Array.isArray(field)) throw invalid(`"${name}" must be an object or an array`);
  if (field.length === 0) throw invalid('Empty arrays are not allowed');
  const alternatives = field.map(compileAlternative);
  return (event) => alternatives.some((matches) => matches(read(event)));
}

/** A field that is missing is looked at once, as undefined, so that `exists: false` sees it in a missing parent too. */
function elements(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  return value.length === 0 ? [undefined] : value.flatMap(elements);
}

function compileAlternative(alternative: unknown): Test {
  if (!isObject(alternative)) return ofLeaves(exactly(alternative));
  const [operator = '', operand] = singleEntry(alternative);
  // Existence is about the field, every other operator about its values.
  if (operator === 'exists') return exists(operand);
  return ofLeaves(compileOperator(operator, operand));
}

function ofLeaves(test: Test): Test {
  return (value) => elements(value).some((element) => isLeaf(element) && test(element));
}

function compileOperator(operator: string, operand: unknown): Test {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return affix(operator, operand);
    case 'equals-ignore-case':
      return textual(operand, (value, text) => value.toLowerCase() === text.toLowerCase());
    case 'wildcard':
      return wildcard(operand);
    case 'numeric':
      return numeric(operand);
    case 'anything-but':
      return anythingBut(operand);
    default:
      throw invalid(`Unrecognized match type ${operator}`);
  }
}

function exactly(expected: unknown): Test {
  if (Array.isArray(expected)) throw invalid('Match value must be String, number, true, false, or null');
  return (value) => value === expected;
}

function exists(operand: unknown): Test {
  if (typeof operand !== 'boolean') throw invalid('exists match pattern must be either true or false.');
  return (value) => elements(value).some(isLeaf) === operand;
}

function affix(operator: 'prefix' | 'suffix', operand: unknown): Test {
  const holds = (value: string, text: string) => (operator === 'prefix' ? value.startsWith(text) : value.endsWith(text));
  if (!isObject(operand)) return textual(operand, holds);
  const [inner, text] = singleEntry(operand);
  if (inner !== 'equals-ignore-case') throw invalid(`Unsupported ${operator} match pattern ${inner}`);
  return textual(text, (value, wanted) => holds(value.toLowerCase(), wanted.toLowerCase()));
}

function textual(operand: unknown, holds: (value: string, operand: string) => boolean): Test {
  if (typeof operand !== 'string') throw invalid('match pattern must be a string');
  return (value) => typeof value === 'string' && holds(value, operand);
}

/** `*` stands for any text, `\*` and `\\` for themselves. */
function wildcard(operand: unknown): Test {
  if (typeof operand !== 'string') throw invalid('wildcard match pattern must be a string');
  const parts = operand.match(/\\[*\\]|\*|[^*]/gsu) ?? [];
  if (parts.some((part, index) => part === '*' && parts[index + 1] === '*')) {
    throw invalid('Consecutive wildcard characters are not allowed');
  }
  const source = parts.map((part) => (part === '*' ? '.*' : literal(part.length === 1 ? part : part.replace(/^\\/, ''))));
  const expression = new RegExp(`^${source.join('')}$`, 'su');
  return (value) => typeof value === 'string' && expression.test(value);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `[">", 0, "<=", 5]`: one comparison, or a lower and an upper bound. */
function numeric(operand: unknown): Test {
  if (!Array.isArray(operand) || ![2, 4].includes(operand.length))
    throw invalid('Value of numeric must be an array of comparisons');
  const tests = Array.from({ length: operand.length / 2 }, (_, index) => comparison(operand[2 * index], operand[2 * index + 1]));
  return (value) => typeof value === 'number' && tests.every((holds) => holds(value));
}

function comparison(operator: unknown, bound: unknown): (value: number) => boolean {
  const compare = typeof operator === 'string' ? COMPARISONS[operator] : undefined;
  if (!compare) throw invalid(`Unrecognized numeric range operator: ${String(operator)}`);
  if (typeof bound !== 'number') throw invalid('Value of numeric range must be a number');
  return (value) => compare(value, bound);
}

/** Values, or one of prefix, suffix, equals-ignore-case and wildcard with one text or several. A missing field doesn't match. */
function anythingBut(operand: unknown): Test {
  const excluded = isObject(operand) ? excludedByOperator(operand) : list(operand).map(excludedValue);
  return (value) => !excluded.some((test) => test(value));
}

function excludedByOperator(operand: JsonObject): readonly Test[] {
  const [operator, texts] = singleEntry(operand);
  if (operator === 'numeric' || operator === 'anything-but') throw invalid(`Unsupported anything-but pattern: ${operator}`);
  return list(texts).map((text) => compileOperator(operator, text));
}

function excludedValue(value: unknown): Test {
  if (!['string', 'number'].includes(typeof value))
    throw invalid('Inside anything but list, value must be a string or a number.');
  return exactly(value);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  if (value.length === 0) throw invalid('Inside anything but list, there must be at least one value.');
  return value;
}

function singleEntry(object: JsonObject): [string, unknown] {
  const [entry, ...others] = Object.entries(object);
  if (!entry || others.length > 0) throw invalid('Only one key allowed in match expression');
  return entry;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLeaf(value: unknown): boolean {
  return value !== undefined && !isObject(value);
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
