import { DeleteCommand, GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import { Manifest } from '../contracts.ts';
import { ApplicationUnknown, ManifestContended } from '../errors.ts';

/**
 * Four kinds of items, written in an order that never leaves an alarm without its application: mappings (alarm to application), the
 * list of names, the manifest, and only then are mappings removed. Each mapping carries the revision of the manifest it was
 * written for, so that who removes an alarm does not remove what a later manifest added.
 */
type StoredManifest = { readonly manifest: Manifest; readonly revision: number };

const ATTEMPTS = 5;

/** Registers or replaces a manifest. Throws `ManifestContended` (retryable) when others keep changing it at the same time. */
export async function putApplication(manifest: Manifest, actor: string, now = new Date()): Promise<{ created: boolean }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = await readManifest(manifest.application);
    const revision = (before?.revision ?? 0) + 1;
    await Promise.all([...alarmsOf(manifest)].map((alarm) => mapAlarm(alarm, manifest.application, revision)));
    await documents.send(new PutCommand({ TableName: config.registryTable, Item: listKey(manifest.application) }));
    if (!(await replaceManifest(manifest, revision, { changedBy: actor, changedAt: now.toISOString() }))) continue;
    const kept = alarmsOf(manifest);
    const stale = before === null ? [] : [...alarmsOf(before.manifest)].filter((alarm) => !kept.has(alarm));
    await Promise.all(stale.map((alarm) => unmapAlarm(alarm, manifest.application, revision)));
    return { created: before === null };
  }
  throw new ManifestContended(manifest.application);
}

/** The manifest as last written; null for an application that is not registered. */
export async function getApplication(application: string): Promise<Manifest | null> {
  return (await readManifest(application))?.manifest ?? null;
}

/** The manifest as last written. Throws `ApplicationUnknown`. */
export async function requireApplication(application: string): Promise<Manifest> {
  const manifest = await getApplication(application);
  if (manifest === null) throw new ApplicationUnknown(application);
  return manifest;
}

/** The names of all applications, in alphabetical order. */
export async function listApplications(): Promise<string[]> {
  return sortKeysOf(listKey('').pk);
}

/** The applications whose manifests may name this alarm, in alphabetical order: `manifestOfAlarm` tells. */
export async function applicationsOfAlarm(alarmName: string): Promise<string[]> {
  return (await sortKeysOf(mappingKey(alarmName, '').pk)).map((sk) => sk.slice('APPLICATION#'.length));
}

/** The manifest of an application if it names this alarm, as a trigger or to be watched: a mapping may outlive its change for a moment. */
export async function manifestOfAlarm(application: string, alarmName: string): Promise<Manifest | null> {
  const manifest = await getApplication(application);
  return manifest !== null && alarmsOf(manifest).has(alarmName) ? manifest : null;
}

function manifestKey(application: string) {
  return { pk: `APPLICATION#${application}`, sk: 'MANIFEST' };
}

function listKey(application: string) {
  return { pk: 'APPLICATIONS', sk: application };
}

function mappingKey(alarm: string, application: string) {
  return { pk: `ALARM#${alarm}`, sk: `APPLICATION#${application}` };
}

function alarmsOf({ triggers, monitor }: Manifest): Set<string> {
  return new Set([...triggers.map(({ alarm }) => alarm), ...monitor.alarms]);
}

async function readManifest(application: string): Promise<StoredManifest | null> {
  const request = new GetCommand({ TableName: config.registryTable, Key: manifestKey(application), ConsistentRead: true });
  const { Item } = await documents.send(request);
  return Item === undefined ? null : { manifest: Manifest.parse(Item.manifest), revision: Item.revision };
}

/** false: somebody else wrote this revision. */
async function replaceManifest(manifest: Manifest, revision: number, change: Record<string, string>): Promise<boolean> {
  return unlessRefused(
    new PutCommand({
      TableName: config.registryTable,
      Item: { ...manifestKey(manifest.application), manifest, revision, ...change },
      ConditionExpression: 'attribute_not_exists(pk) OR revision = :previous',
      ExpressionAttributeValues: { ':previous': revision - 1 },
    }),
  );
}

async function mapAlarm(alarm: string, application: string, revision: number): Promise<void> {
  await unlessRefused(
    new PutCommand({
      TableName: config.registryTable,
      Item: { ...mappingKey(alarm, application), revision },
      ConditionExpression: 'attribute_not_exists(pk) OR revision < :revision',
      ExpressionAttributeValues: { ':revision': revision },
    }),
  );
}

async function unmapAlarm(alarm: string, application: string, revision: number): Promise<void> {
  await unlessRefused(
    new DeleteCommand({
      TableName: config.registryTable,
      Key: mappingKey(alarm, application),
      ConditionExpression: 'revision < :revision',
      ExpressionAttributeValues: { ':revision': revision },
    }),
  );
}

async function unlessRefused(write: PutCommand | DeleteCommand): Promise<boolean> {
  try {
    await (write instanceof PutCommand ? documents.send(write) : documents.send(write));
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}

async function sortKeysOf(pk: string): Promise<string[]> {
  const request = {
    TableName: config.registryTable,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ProjectionExpression: 'sk',
    ExpressionAttributeValues: { ':pk': pk },
  };
  const keys: string[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, request))
    keys.push(...Items.map(({ sk }) => sk as string));
  return keys;
}
