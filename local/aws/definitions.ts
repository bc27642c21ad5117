import type { EventTarget } from './event-delivery.ts';
import type { EventRule } from './events.ts';
import type { SsmDocument } from './host/document.ts';
import type { Iam } from './iam.ts';
import type { AsyncOptions } from './lambda-async.ts';
import { type BucketDefinition, bucketOf } from './s3/definitions.ts';
import { REGION } from './service.ts';
import type { QueueDefinition, SendToQueue } from './sqs.ts';
import type { MachineSource } from './states.ts';
import type { Resource, Template } from './template.ts';

/** The template's resources as each service wants to be told them. */

export function documentsOf(template: Template): SsmDocument[] {
  return template.ofType('AWS::SSM::Document').map(({ name, arn, properties }) => ({ name, arn, content: properties.Content }));
}

export function queuesOf(template: Template): QueueDefinition[] {
  return template.ofType('AWS::SQS::Queue').map(({ name, arn, properties: { VisibilityTimeout } }) => ({
    name,
    arn,
    ...(VisibilityTimeout !== undefined && { visibilityTimeout: Number(VisibilityTimeout) }),
  }));
}

export function bucketsOf(template: Template): BucketDefinition[] {
  return template.ofType('AWS::S3::Bucket').map(bucketOf);
}

export function rulesOf(template: Template): EventRule[] {
  return template.ofType('AWS::Events::Rule').map(({ name, arn, properties }) => ({
    name,
    arn,
    ...(properties.Description && { description: properties.Description }),
    ...(properties.EventPattern && { eventPattern: properties.EventPattern }),
    ...(properties.State && { state: properties.State }),
    targets: (properties.Targets ?? []).map(targetOf),
  }));
}

function targetOf(target: Resource['properties']): EventTarget {
  return {
    id: target.Id,
    arn: target.Arn,
    ...(target.Input && { input: JSON.parse(target.Input) }),
    ...(target.RetryPolicy && { retryPolicy: target.RetryPolicy }),
    ...(target.DeadLetterConfig && { deadLetterArn: target.DeadLetterConfig.Arn }),
  };
}

/** The state machines; each acts by a session of its own role. */
export function machinesOf(template: Template, iam: Iam): MachineSource[] {
  return template.ofType('AWS::StepFunctions::StateMachine').map(({ name, arn, properties }) => {
    const session = iam.assumeRole(properties.RoleArn, name);
    return {
      name,
      arn,
      definition: properties.Definition ?? JSON.parse(properties.DefinitionString),
      roleArn: properties.RoleArn,
      authorize: (action, resources, context) => iam.authorize(session, action, resources, context),
    };
  });
}

/** Whether an `AWS::Lambda::Permission` lets the service `principal` (`events.amazonaws.com`) invoke a function. */
export function permissionsOf(template: Template, principal: string): (functionArn: string) => boolean {
  const permissions = template.ofType('AWS::Lambda::Permission').filter(({ properties }) => properties.Principal === principal);
  const names = new Set(permissions.map(({ properties }) => functionName(properties.FunctionName)));
  return (functionArn) => names.has(functionName(functionArn));
}

function functionName(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? '') : nameOrArn;
}

/** What `AWS::Lambda::EventInvokeConfig` says of a function's asynchronous invocations; on-failure destinations are queues. */
export function asyncOptionsOf(template: Template, send: SendToQueue): (functionArn: string) => AsyncOptions {
  const configs = template.ofType('AWS::Lambda::EventInvokeConfig').map((resource) => {
    const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = resource.properties;
    const queue: string | undefined = DestinationConfig?.OnFailure?.Destination;
    if (queue && !queue.startsWith(`arn:aws:sqs:${REGION}:`)) throw new Error(`${resource.logicalId}: ${queue} is no queue`);
    const options: AsyncOptions = {
      ...(MaximumRetryAttempts !== undefined && { maximumRetryAttempts: Number(MaximumRetryAttempts) }),
      ...(MaximumEventAgeInSeconds !== undefined && { maximumEventAgeSeconds: Number(MaximumEventAgeInSeconds) }),
      ...(queue && { onFailure: (record) => send(queue, JSON.stringify(record)) }),
    };
    return [functionName(FunctionName), options] as const;
  });
  const byName = new Map(configs);
  return (functionArn) => byName.get(functionName(functionArn)) ?? {};
}
