import { type DBProxy, paginateDescribeDBProxies, paginateDescribeDBProxyTargets } from '@aws-sdk/client-rds';
import { client } from './client.ts';

/** The names of the RDS Proxies that lead clients to an instance. Throws AWS's own errors. */
export async function proxiesOf(instance: string): Promise<string[]> {
  const proxies: DBProxy[] = [];
  for await (const { DBProxies = [] } of paginateDescribeDBProxies({ client }, {})) proxies.push(...DBProxies);
  const names = proxies.flatMap(({ DBProxyName }) => DBProxyName ?? []);
  const leading = await Promise.all(names.map(async (name) => ((await leadsTo(name, instance)) ? [name] : [])));
  return leading.flat();
}

async function leadsTo(proxy: string, instance: string): Promise<boolean> {
  for await (const { Targets = [] } of paginateDescribeDBProxyTargets({ client }, { DBProxyName: proxy }))
    if (Targets.some(({ Type, RdsResourceId }) => Type === 'RDS_INSTANCE' && RdsResourceId === instance)) return true;
  return false;
}
