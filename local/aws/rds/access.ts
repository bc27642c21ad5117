import { ACCOUNT_ID, type Call, REGION } from '../service.ts';
import { type Instance, rdsArn } from './instances.ts';
import type { Tags } from './requests.ts';
import type { Settings } from './settings.ts';

/** Conditions on the tags that a resource has. */
export function tagContext(tags: Tags = {}): Record<string, string> {
  const entries = Object.entries(tags);
  return Object.fromEntries(
    entries.flatMap(([key, value]) => ['aws:ResourceTag', 'rds:db-tag'].map((name) => [`${name}/${key}`, value])),
  );
}

/** An instance that may not be there: AWS asks IAM first. */
export function authorizeInstance(call: Call, action: string, identifier: string, instance: Instance | undefined): Promise<void> {
  return call.authorize(`rds:${action}`, [rdsArn('db', identifier.toLowerCase())], tagContext(instance?.tags));
}

/** The groups that settings name are resources of the request too, the default ones included. */
export async function authorizeGroups(call: Call, action: string, told: Partial<Settings>): Promise<void> {
  const { DBParameterGroupName: parameters, OptionGroupName: options, DBSubnetGroupName: subnets } = told;
  const groups = Object.entries({ pg: parameters, og: options, subgrp: subnets });
  for (const [kind, name] of groups) {
    if (name !== undefined) await call.authorize(`rds:${action}`, [rdsArn(kind, name)]);
  }
}

/** A customer managed key is used on behalf of the caller; the key of AWS, which is used where none is named, asks for nothing. */
export async function authorizeKey(call: Call, key: string | undefined): Promise<void> {
  if (key === undefined) return;
  const keys = [key.startsWith('arn:') ? key : `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/${key}`];
  const through = { 'kms:ViaService': `rds.${REGION}.amazonaws.com` };
  await call.authorize('kms:DescribeKey', keys, through);
  await call.authorize('kms:CreateGrant', keys, { ...through, 'kms:GrantIsForAWSResource': 'true' });
}

/** Tags at the creation are a permission of their own. */
export async function authorizeTags(call: Call, resource: string, tags: Tags): Promise<void> {
  if (Object.keys(tags).length > 0) await call.authorize('rds:AddTagsToResource', [resource], requestedTags(tags));
}

/** Conditions on the tags that a request gives. */
export function requestedTags(tags: Tags): Record<string, string | readonly string[]> {
  const requested = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return { ...Object.fromEntries(requested), ...(requested.length > 0 && { 'aws:TagKeys': Object.keys(tags) }) };
}
