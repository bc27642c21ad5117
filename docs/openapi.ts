/** The OpenAPI 3.1 page of the HTTP API, made from the contracts: what a caller sends by their input, what is answered by their output. */
import * as z from 'zod/mini';
import {
  Estimate,
  Freeze,
  HostObservation,
  HostState,
  Manifest,
  Plan,
  Refusal,
  Release,
  Rollback,
  RollbackEvent,
} from '../lib/contracts.ts';
import { Problem } from '../lib/problems.ts';
import packageJson from '../package.json' with { type: 'json' };
import { explained, type Meanings } from './meanings.ts';
import { type Answer, type Input, OPERATIONS, type Operation } from './operations.ts';
import { type ProblemName, problemOf } from './problem-examples.ts';

/** JSON Schema as zod writes it; only what is walked here is named. */
interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  required?: string[];
  description?: string;
}

const SCHEMAS = '#/components/schemas/';

/** Rules between fields, which zod checks by code and JSON Schema has other words for. */
const RULES_BETWEEN_FIELDS: Readonly<Record<string, object>> = {
  RollbackRequest: { oneOf: [{ required: ['strategy'] }, { required: ['issue'] }] },
  RollbackNotes: { minProperties: 1 },
};

const PATH_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  application: { description: 'Name of the application.', example: 'ad-mint-ai' },
  rollbackId: {
    description: 'Id of the rollback, as answered when it was asked for.',
    example: 'ad-mint-ai-20261122T030012Z-5f0c2a91',
  },
  version: { description: 'Version of the release.', example: '1.4.2' },
};

const schemaOf = (contract: z.ZodMiniType, io: 'input' | 'output'): JsonSchema => {
  // Of an output only a transform has no schema, and it is never asked for.
  const { $schema, ...schema } = z.toJSONSchema(contract, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  return schema as JsonSchema;
};

/** The schemas that a path such as `code.install.npm` or `flows[].url` may mean: a union has several. */
function find(schema: JsonSchema, path: readonly string[]): JsonSchema[] {
  if (schema.anyOf) return schema.anyOf.flatMap((option) => find(option, path));
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  if (step === '[]') return schema.items ? find(schema.items, rest) : [];
  const inner = schema.properties?.[step];
  if (!inner) return [];
  // The field itself and not the options of its union.
  return rest.length === 0 ? [inner] : find(inner, rest);
}

function addMeanings(schema: JsonSchema, contract: z.ZodMiniType, meanings: Meanings): JsonSchema {
  for (const { path, meaning } of explained(contract, meanings)) {
    const steps = path.replaceAll('[]', '.[]').split('.');
    for (const found of find(schema, steps)) found.description = meaning;
  }
  return schema;
}

const inputSchema = ({ name, contract, meanings }: Input): JsonSchema => ({
  ...addMeanings(schemaOf(contract, 'input'), contract, meanings),
  ...RULES_BETWEEN_FIELDS[name],
});

/** Contracts within the answers that have a component of their own. */
const NAMED = {
  Estimate,
  Freeze,
  HostObservation,
  HostState,
  Manifest,
  Plan,
  Problem,
  Refusal,
  Release,
  Rollback,
  RollbackEvent,
};

/** An answer may get further members without being another one. */
const mayGrow = ({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void => {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

/** The schemas of what is answered, each by its name and referring to the others by theirs. */
function answerSchemas(): Record<string, JsonSchema> {
  const contents = OPERATIONS.flatMap(({ answers }) => answers).flatMap(({ content }) => content ?? []);
  const contracts = { ...NAMED, ...Object.fromEntries(contents.map(({ name, contract }) => [name, contract])) };
  const registry = z.registry<{ id: string }>();
  for (const [id, contract] of Object.entries(contracts)) registry.add(contract, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'output',
    target: 'draft-2020-12',
    uri: (id) => SCHEMAS + id,
    override: mayGrow,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, id, ...schema }]) => [name, schema as JsonSchema]),
  );
}

function components(): Record<string, JsonSchema> {
  const bodies = OPERATIONS.flatMap(({ body }) => body ?? []).map((input) => [input.name, inputSchema(input)] as const);
  const all = { ...Object.fromEntries(bodies), ...answerSchemas() };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const reference = (name: string) => ({ $ref: SCHEMAS + name });

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...PATH_PARAMETERS[name],
  }));
}

/** A query is text that zod turns into numbers: what they are is known of the output only. */
function queryParameters(query: Input | undefined): object[] {
  if (!query) return [];
  const { properties = {}, required = [] } = inputSchema(query);
  const output = schemaOf(query.contract, 'output').properties ?? {};
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema: schema.type === undefined ? { ...output[name] } : schema,
  }));
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Any text. The same key by the same caller for the same application names one rollback, however often it is sent.',
  schema: { type: 'string' },
};

function response({ means, content, headers = {} }: Answer): object {
  const described = Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]);
  return {
    description: means,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    content: content
      ? { 'application/json': { schema: reference(content.name), example: content.example } }
      : { 'text/markdown': { schema: { type: 'string' } } },
  };
}

function problemResponses(names: readonly ProblemName[]): Record<string, object> {
  const problems = names.map((name) => ({ name, value: problemOf(name) }));
  const byStatus = [...Map.groupBy(problems, ({ value }) => value.status)];
  return Object.fromEntries(
    byStatus.map(([status, group]) => [
      status,
      {
        description: [...new Set(group.map(({ value }) => value.title))].join('; '),
        content: {
          'application/problem+json': {
            schema: reference('Problem'),
            examples: Object.fromEntries(group.map(({ name, value }) => [name, { value }])),
          },
        },
      },
    ]),
  );
}

/** API Gateway answers by itself whom no policy lets in; its body is not a problem. */
const FORBIDDEN = {
  description: 'No policy of the caller allows this operation, or the signature is wrong.',
  content: { 'application/json': { example: { message: 'Forbidden' } } },
};

function requestBody({ name, examples }: Input): object {
  const named = examples.map((value, index) => [`example${index + 1}`, { value }]);
  return {
    required: true,
    content: { 'application/json': { schema: reference(name), examples: Object.fromEntries(named) } },
  };
}

function operationObject(operation: Operation): object {
  const { id, tag, summary, description, path, query, idempotent, body, answers, problems } = operation;
  const parameters = [...pathParameters(path), ...queryParameters(query), ...(idempotent ? [IDEMPOTENCY_KEY] : [])];
  const answered = Object.fromEntries(answers.map((answer) => [answer.status, response(answer)]));
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBody(body) }),
    responses: { 403: FORBIDDEN, ...answered, ...problemResponses([...problems, 'internal-error']) },
  };
}

function paths(): Record<string, Record<string, object>> {
  const grouped = [...Map.groupBy(OPERATIONS, ({ path }) => path)];
  return Object.fromEntries(
    grouped.map(([path, operations]) => [
      path,
      Object.fromEntries(operations.map((operation) => [operation.method.toLowerCase(), operationObject(operation)])),
    ]),
  );
}

/** The whole page. */
export function openApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rollback service',
      version: packageJson.version,
      description: `${packageJson.description}.\n\nEvery request is signed with AWS Signature Version 4 for the service \`execute-api\`. Errors are application/problem+json.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'https://{apiId}.execute-api.{region}.amazonaws.com',
        description: "`ApiAddress` of the stack's outputs",
        variables: { apiId: { default: 'abcdefghij' }, region: { default: 'eu-central-1' } },
      },
    ],
    security: [{ sigv4: [] }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: paths(),
    components: {
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service `execute-api`. The ARN that signed is the actor in the log.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      schemas: components(),
    },
  };
}
