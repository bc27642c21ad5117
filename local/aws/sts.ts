import type { Iam } from './iam.ts';
import { ACCOUNT_ID, type Service } from './service.ts';

/** The part of STS that needs no permission: `GetCallerIdentity`. */
export function createSts(iam: Iam): Service {
  return {
    scope: 'sts',
    protocol: 'query',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: async (_, { caller }) => ({
        Arn: caller.arn,
        UserId: iam.find(caller.accessKeyId)?.userId,
        Account: ACCOUNT_ID,
      }),
    },
  };
}
