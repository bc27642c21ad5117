import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Route } from './http-api-routes.ts';
import type { Credentials, Iam } from './iam.ts';
import { ACCOUNT_ID, type PolicyDocument, REGION } from './service.ts';

/** The people of the laptop account. `admin` may do everything and is meant for tools. */
export const USERS = ['operator', 'approver', 'viewer', 'admin'] as const;
export type User = (typeof USERS)[number];

const isApproval = (route: Route) => route.key.endsWith('/approve');
const isDecision = (route: Route) => isApproval(route) || route.key.endsWith('/reject');
const isReading = (route: Route) => route.method === 'GET';

/** Which routes each user may call. */
const MAY_CALL: Readonly<Record<Exclude<User, 'admin'>, (route: Route) => boolean>> = {
  viewer: isReading,
  operator: (route) => !isApproval(route),
  approver: (route) => isReading(route) || isDecision(route),
};

/**
 * Adds the users to the account, each allowed the routes of its part. Their keys are kept in `directory`, so that a profile
 * stays valid over a restart.
 */
export async function addUsers(
  iam: Iam,
  routes: readonly Route[],
  directory: string,
): Promise<Readonly<Record<User, Credentials>>> {
  const kept = await readKeys(directory);
  const keys = Object.fromEntries(USERS.map((user) => [user, iam.addUser(user, [policyOf(user, routes)], kept[user])]));
  await mkdir(directory, { recursive: true });
  await writeFile(keyFile(directory), JSON.stringify(keys, null, 2), { mode: 0o600 });
  return keys as Record<User, Credentials>;
}

function policyOf(user: User, routes: readonly Route[]): PolicyDocument {
  if (user === 'admin') return statement([{ Effect: 'Allow', Action: '*', Resource: '*' }]);
  const invoke = (effect: 'Allow' | 'Deny', selected: readonly Route[]) =>
    selected.length === 0 ? [] : [{ Effect: effect, Action: 'execute-api:Invoke', Resource: selected.map(patternOf) }];
  const [allowed, others] = [routes.filter(MAY_CALL[user]), routes.filter((route) => !MAY_CALL[user](route))];
  // A `*` in a resource also spans slashes: the other routes are denied where an allowed one would cover them.
  return statement([...invoke('Allow', allowed), ...invoke('Deny', others)]);
}

function statement(Statement: readonly object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement };
}

function patternOf(route: Route): string {
  const path = route.segments.map((segment) => (segment.startsWith('{') ? '*' : segment)).join('/');
  const method = route.method === 'ANY' ? '*' : route.method;
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${route.apiId}/${route.stage}/${method}/${path}`;
}

const keyFile = (directory: string) => join(directory, 'credentials.json');

async function readKeys(directory: string): Promise<Partial<Record<User, Credentials>>> {
  const text = await readFile(keyFile(directory), 'utf8').catch(() => '{}');
  return JSON.parse(text);
}
