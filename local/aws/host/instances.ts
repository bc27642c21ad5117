import { AwsError, type Operation } from '../service.ts';
import type { Fleet, ManagedHost } from './fleet.ts';
import { page } from './page.ts';

type Test = (managed: ManagedHost) => boolean;

function pingStatus({ online }: ManagedHost): string {
  return online ? 'Online' : 'ConnectionLost';
}

/** Keys of the filters that are served here, and what they are compared with. */
const FILTERS: Readonly<Record<string, (managed: ManagedHost) => string>> = {
  InstanceIds: ({ host }) => host.id,
  PingStatus: pingStatus,
  AgentVersion: ({ host }) => host.agentVersion,
  PlatformTypes: () => 'Linux',
  ResourceType: () => 'EC2Instance',
};

function filterTest(key: string, values: readonly string[] | undefined): Test {
  if (!Array.isArray(values) || values.length === 0)
    throw new AwsError('InvalidInstanceInformationFilterValue', `Filter ${key} has no values`);
  if (key === 'tag-key') return ({ host }) => values.some((tag) => Object.hasOwn(host.tags, tag));
  if (key.startsWith('tag:')) return ({ host }) => values.some((value) => host.tags[key.slice('tag:'.length)] === value);
  const read = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
  if (!read) throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid`);
  return (managed) => values.includes(read(managed));
}

function describe(managed: ManagedHost): object {
  const { host, lastPing, online } = managed;
  return {
    InstanceId: host.id,
    PingStatus: pingStatus(managed),
    LastPingDateTime: (online ? new Date() : lastPing).getTime() / 1000,
    AgentVersion: host.agentVersion,
    IsLatestVersion: true,
    PlatformType: 'Linux',
    PlatformName: 'Ubuntu',
    PlatformVersion: '24.04',
    ResourceType: 'EC2Instance',
    IPAddress: host.address,
    ComputerName: host.id,
  };
}

/** The operation DescribeInstanceInformation. Filters are ANDed, a filter's values ORed. Terminated instances are left out. */
export function describeInstances(fleet: Fleet): Operation {
  return async (input, call) => {
    await call.authorize('ssm:DescribeInstanceInformation', ['*']);
    const filters: readonly { Key: string; Values: readonly string[] }[] = input.Filters ?? [];
    const legacy: readonly { key: string; valueSet: readonly string[] }[] = input.InstanceInformationFilterList ?? [];
    const tests = [
      ...filters.map(({ Key, Values }) => filterTest(Key, Values)),
      ...legacy.map(({ key, valueSet }) => filterTest(key, valueSet)),
    ];
    const found = [...fleet.hosts.values()].filter((managed) => !managed.terminated && tests.every((test) => test(managed)));
    const { items, ...rest } = page(found, input, { least: 5, most: 50 });
    return { InstanceInformationList: items.map(describe), ...rest };
  };
}
