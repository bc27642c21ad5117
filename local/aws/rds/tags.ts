import type { Operation } from '../service.ts';
import { requestedTags, tagContext } from './access.ts';
import { describeTags } from './descriptions.ts';
import { type Instance, notFound, rdsArn } from './instances.ts';
import { type Input, invalid, readTags, readText } from './requests.ts';
import { type Snapshot, snapshotNotFound } from './snapshots.ts';
import type { RdsState } from './state.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html */
const MAX_TAGS = 50;

/** AddTagsToResource, for instances and snapshots. */
export function addTags(state: RdsState): Operation {
  return async (input: Input, call) => {
    const { arn, tagged } = find(state, input);
    const tags = readTags(input.Tags);
    await call.authorize('rds:AddTagsToResource', [arn], { ...tagContext(tagged?.tags), ...requestedTags(tags) });
    const resource = tagged ?? missing(arn);
    const all = { ...resource.tags, ...tags };
    if (Object.keys(all).length > MAX_TAGS) throw invalid(`${arn} would have more than ${MAX_TAGS} tags.`);
    resource.tags = all;
    return undefined;
  };
}

/** ListTagsForResource, for instances and snapshots. */
export function listTags(state: RdsState): Operation {
  return async (input: Input, call) => {
    const { arn, tagged } = find(state, input);
    await call.authorize('rds:ListTagsForResource', [arn], tagContext(tagged?.tags));
    return { TagList: describeTags((tagged ?? missing(arn)).tags) };
  };
}

function find({ instances, snapshots }: RdsState, input: Input): { arn: string; tagged: Instance | Snapshot | undefined } {
  const arn = readText(input.ResourceName, 'ResourceName');
  const [kind, name] = nameOf(arn);
  if (arn !== rdsArn(kind, name)) throw invalid(`Invalid resource name: ${arn}`);
  return { arn, tagged: kind === 'db' ? instances.find(name) : snapshots.get(name) };
}

function missing(arn: string): never {
  const [kind, name] = nameOf(arn);
  throw kind === 'db' ? notFound(name) : snapshotNotFound(name);
}

function nameOf(arn: string): [kind: 'db' | 'snapshot', name: string] {
  const [kind, name] = arn.split(':').slice(5);
  if ((kind === 'db' || kind === 'snapshot') && name) return [kind, name];
  throw invalid(`Invalid resource name: ${arn}`);
}
