import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { PolicyDocument } from '../../local/aws/service.ts';
import { resolveTemplate } from '../../local/aws/template.ts';

const FILES = ['tables', 'bucket', 'notifications', 'roles'];

/** What a role of serverless/roles.yml is allowed to, as it is deployed for databases whose names fit a pattern. */
export async function deployedStatements(role: string, databases: string): Promise<object[]> {
  const parts = await Promise.all(FILES.map((file) => readFile(`serverless/${file}.yml`, 'utf8')));
  const told = (text: string) =>
    text.replaceAll(/\$\{self:custom\.databases\}/g, databases).replaceAll(/\$\{self:[^}]*\}/g, 'rollback-test');
  const [tables, bucket, notifications, { roles }] = parts.map((part) => parse(told(part), { merge: true }));
  const raw = { Resources: { ...tables, ...bucket, ...notifications, ...roles } };
  const { resources } = resolveTemplate(raw, { endpoint: 'http://127.0.0.1', stackName: 'rollback-test' });
  const policies = resources.find(({ logicalId }) => logicalId === role)?.properties.Policies as
    | { readonly PolicyDocument: PolicyDocument }[]
    | undefined;
  if (!policies) throw new Error(`serverless/roles.yml has no ${role}`);
  return policies.flatMap(({ PolicyDocument: { Statement } }) => Statement as object[]);
}
