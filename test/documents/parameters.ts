/** What a host document takes, as Systems Manager and the agent check it. */
import { type DocumentName, HOST_DOCUMENTS, type ParameterDefinition } from '../../lib/documents/definitions.ts';

type Parameters<Name extends DocumentName> = (typeof HOST_DOCUMENTS)[Name]['parameters'];
type Optional<All> = { [Key in keyof All]: All[Key] extends { readonly default: string } ? Key : never }[keyof All];

/** Values for a document: what has no default has to be there. Numbers are given as decimal digits. */
export type DocumentValues<Name extends DocumentName> = {
  readonly [Key in Exclude<keyof Parameters<Name>, Optional<Parameters<Name>>>]: string;
} & { readonly [Key in Optional<Parameters<Name>>]?: string | undefined };

/** Which rule a value broke. */
export type BrokenRule = 'unknown' | 'required' | 'maxChars' | 'pattern';

/**
 * A value does not fit its parameter; nothing was sent. Names the rule, never the value: that may be what somebody tried to
 * inject, or a secret. The same request fails again.
 */
export class InvalidHostParameter extends Error {
  override readonly name = 'InvalidHostParameter';
  readonly retryable = false;
  readonly parameter: string;
  readonly rule: BrokenRule;

  constructor(document: DocumentName, parameter: string, rule: BrokenRule) {
    super(
      `The parameter ${parameter} of ${document} breaks the rule "${rule}". Correct the application's manifest or the request.`,
    );
    this.parameter = parameter;
    this.rule = rule;
  }
}

function brokenRule(definition: ParameterDefinition, value: string): BrokenRule | undefined {
  if (value.length > definition.maxChars) return 'maxChars';
  return new RegExp(definition.pattern).test(value) ? undefined : 'pattern';
}

/**
 * Checks values against a document's rules and answers them as `SendCommand` takes them, one list a parameter; what is not given
 * is left to the document's defaults. Throws `InvalidHostParameter`.
 */
export function documentParameters<Name extends DocumentName>(
  name: Name,
  values: DocumentValues<Name>,
): Record<string, string[]> {
  const definitions: Readonly<Record<string, ParameterDefinition>> = HOST_DOCUMENTS[name].parameters;
  const given: Readonly<Record<string, string | undefined>> = values;
  for (const parameter of Object.keys(given))
    if (!Object.hasOwn(definitions, parameter)) throw new InvalidHostParameter(name, parameter, 'unknown');
  const parameters: Record<string, string[]> = {};
  for (const [parameter, definition] of Object.entries(definitions)) {
    const value = given[parameter];
    if (value === undefined) {
      if (definition.default === undefined) throw new InvalidHostParameter(name, parameter, 'required');
      continue;
    }
    const rule = brokenRule(definition, value);
    if (rule) throw new InvalidHostParameter(name, parameter, rule);
    parameters[parameter] = [value];
  }
  return parameters;
}
