/** docs/api.md: the HTTP API for people, with commands to paste. */
import { Outcome, RefusalCode, RollbackStatus } from '../lib/contracts.ts';
import { code, fieldTable, json, MADE, table } from './markdown.ts';
import { explained } from './meanings.ts';
import { type Answer, type Input, OPERATIONS, type Operation } from './operations.ts';
import { PROBLEM_NAMES, problemOf } from './problem-examples.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  application: 'ad-mint-ai',
  rollbackId: '$ROLLBACK_ID',
  version: '1.4.2',
};

const heading = ({ method, path }: Operation): string => `${method} ${path}`;

/** As GitHub makes it of a heading. */
const anchor = (operation: Operation): string =>
  heading(operation)
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

/** Old curls sign the query as it is written, AWS expects it sorted and percent-encoded. */
function queryOf({ examples }: Input): string {
  const pairs = Object.entries(examples[0] ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.toSorted().join('&');
}

function command({ id, method, path, query, body, idempotent }: Operation): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? name);
  const url = `"$API${filled}${query ? `?${queryOf(query)}` : ''}"`;
  // Another operation with the same key would be another request with a key that is taken.
  const key = idempotent ? ` -H 'idempotency-key: 2026-11-22-${id}'` : '';
  // A body makes curl post by itself.
  const verb = method === 'GET' || (method === 'POST' && body) ? '' : ` -X ${method}`;
  const data = body ? ` -d '${JSON.stringify(body.examples[0])}'` : '';
  return `\`\`\`bash\napi${verb}${key}${data} ${url}\n\`\`\``;
}

/** A manifest has a page of its own. */
const shortened = (example: object): unknown =>
  'plan' in example ? { plan: { ...(example.plan as object), manifest: {} } } : example;

function shownExample(content: NonNullable<Answer['content']>): string {
  return content.name === 'Manifest'
    ? 'It is the manifest with its defaults filled in, see [manifest.md](manifest.md).'
    : json(shortened(content.example));
}

function answerText({ status, means, content, headers = {} }: Answer): string {
  const told = Object.entries(headers).map(([name, meaning]) => ` Header ${code(name)}: ${meaning}`);
  const shown = content ? `\n\n${shownExample(content)}` : '';
  return `**${status}** ${means}${told.join('')}${shown}`;
}

function operationText(operation: Operation): string {
  const { summary, description, callers, idempotent, body, query, answers, problems } = operation;
  const errors = problems.map((name) => `${problemOf(name).status} ${code(name)}`);
  return [
    `### ${heading(operation)}`,
    `${summary}. ${description}`,
    `May call: ${callers.join(', ')}.${idempotent ? ' Takes `Idempotency-Key`.' : ''}`,
    command(operation),
    ...(query ? [fieldTable(explained(query.contract, query.meanings))] : []),
    ...(body && body.name !== 'ManifestInput' ? [fieldTable(explained(body.contract, body.meanings))] : []),
    ...(body?.name === 'ManifestInput' ? ['The fields are in [manifest.md](manifest.md).'] : []),
    ...answers.map(answerText),
    ...(errors.length > 0 ? [`Errors: ${errors.join(', ')}.`] : []),
  ].join('\n\n');
}

const overview = (): string =>
  table(
    ['Operation', 'What it does', 'May call'],
    OPERATIONS.map((operation) => [
      `[${heading(operation)}](#${anchor(operation)})`,
      operation.summary,
      operation.callers.join(', '),
    ]),
  );

const problems = (): string =>
  table(
    ['Status', 'Type', 'Example'],
    PROBLEM_NAMES.map((name) => ({ name, ...problemOf(name) })).map(({ name, status, detail }) => [
      String(status),
      name === 'unsupported-media-type' ? '`bad-request`' : code(name),
      detail,
    ]),
  );

const isOver = (status: string): boolean => (Outcome.options as readonly string[]).includes(status);

/** The whole page. */
export function apiReference(): string {
  const tags = [...new Set(OPERATIONS.map(({ tag }) => tag))];
  return `${MADE}

# HTTP API

The same for machines: [openapi.json](openapi.json).

Every request is signed with AWS Signature Version 4 for the service \`execute-api\`. The ARN that signed is the actor in the log.
The commands on this page use a shell function. Set it up once, with the AWS CLI 2:

\`\`\`bash
export REGION=eu-central-1
export API=https://abcdefghij.execute-api.$REGION.amazonaws.com   # the output ApiAddress of the stack
eval "$(aws configure export-credentials --format env)"
api() {
  curl -sS --aws-sigv4 "aws:amz:$REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    \${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"} -H 'content-type: application/json' "$@"
}
\`\`\`

curl up to 8.2 signs the query as it is written. Write parameters in alphabetical order and percent-encoded, as below.
The commands about one rollback take its id from \`ROLLBACK_ID\`.

- Bodies are JSON with \`content-type: application/json\`, at most 128 KiB. Unknown fields are refused.
- Times are ISO 8601. Answers are in UTC.
- With the header \`Idempotency-Key\` a request that is sent again starts nothing new.
- A rollback goes on after the answer. Poll its events, or listen on EventBridge.
- Errors are \`application/problem+json\`. \`detail\` says what to do.
- Whom no policy lets in gets 403 and \`{"message":"Forbidden"}\` from API Gateway itself.

## Operations

${overview()}

${tags
  .map(
    (tag) =>
      `## ${tag}\n\n${OPERATIONS.filter((operation) => operation.tag === tag)
        .map(operationText)
        .join('\n\n')}`,
  )
  .join('\n\n')}

## Statuses of a rollback

On the way: ${RollbackStatus.options
    .filter((status) => !isOver(status))
    .map(code)
    .join(', ')}.
Over: ${Outcome.options.map(code).join(', ')}.

## Reasons to refuse

A refused rollback has \`refusal.code\`: ${RefusalCode.options.map(code).join(', ')}. \`refusal.message\` says what to do.

## Errors

${problems()}

${json(problemOf('invalid-input'))}
`;
}
