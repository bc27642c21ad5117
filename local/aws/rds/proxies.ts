import { AwsError, type Operation } from '../service.ts';
import { rdsArn } from './instances.ts';
import { page } from './page.ts';
import { type Input, readText } from './requests.ts';
import type { RdsState } from './state.ts';

/** DescribeDBProxies: all of them. They are told of only, and lead nobody anywhere. */
export function describeProxies({ proxies }: RdsState): Operation {
  return async (input: Input, call) => {
    await call.authorize('rds:DescribeDBProxies', [rdsArn('db-proxy', '*')]);
    const { items, ...rest } = page([...proxies.keys()], input);
    const described = items.map((name) => ({ DBProxyName: name, Status: 'available', EngineFamily: 'POSTGRESQL' }));
    return { DBProxies: described, ...rest };
  };
}

/** DescribeDBProxyTargets. Throws `DBProxyNotFoundFault`. */
export function describeProxyTargets({ proxies }: RdsState): Operation {
  return async (input: Input, call) => {
    const name = readText(input.DBProxyName, 'DBProxyName');
    await call.authorize('rds:DescribeDBProxyTargets', [rdsArn('db-proxy', '*'), rdsArn('target-group', '*')]);
    const target = proxies.get(name);
    if (target === undefined) throw new AwsError('DBProxyNotFoundFault', `DB proxy ${name} not found.`, 404);
    return { Targets: [{ Type: 'RDS_INSTANCE', RdsResourceId: target, TargetHealth: { State: 'AVAILABLE' } }] };
  };
}
