import { AwsError, type Call, type Service } from '../../local/aws/service.ts';

/** A call by an operator who may do everything but `denied` (IAM actions); what was asked for stands in `asked`. */
export function fakeCall(denied: readonly string[] = []): Call & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    operation: 'Test',
    caller: { arn: 'arn:aws:iam::123456789012:user/operator', accessKeyId: 'AKIATEST', policies: [] },
    authorize: async (action, resources) => {
      asked.push(...resources.map((resource) => `${action} ${resource}`));
      if (denied.includes(action)) throw new AwsError('AccessDeniedException', `not authorized to perform: ${action}`);
    },
  };
}

/** Calls operations of a service by name, as the server does once a request is decoded. */
export function callerOf(service: Service, call = fakeCall()) {
  // biome-ignore lint/suspicious/noExplicitAny: answers are as loosely typed as the wire
  return async (operation: string, input: object = {}): Promise<any> => service.operations[operation]?.(input, call);
}

/** A clock that stands still until it is told to move. */
export function testClock(start = '2026-03-01T12:00:00.000Z') {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    forward: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}
