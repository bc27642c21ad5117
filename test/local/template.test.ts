// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Fn::Sub's placeholders
import { expect, it } from 'vitest';
import { resolveTemplate } from '../../local/aws/template.ts';
import { RESOURCES } from './package-folder.ts';

const options = { endpoint: 'http://127.0.0.1:4566', stackName: 'small-test' };
const find = (resources: Parameters<typeof resolveTemplate>[0]['Resources'], logicalId: string) =>
  resolveTemplate({ Resources: resources }, options).resources.find((resource) => resource.logicalId === logicalId);

it('names resources as CloudFormation does', () => {
  const { resources } = resolveTemplate({ Resources: RESOURCES }, options);
  const ids = Object.fromEntries(resources.map((resource) => [resource.logicalId, resource.physicalId]));
  expect(ids.LogTable).toBe('small-test-log');
  expect(ids.Machine).toBe('arn:aws:states:eu-central-1:123456789012:stateMachine:machine');
  expect(ids.DeadLetters).toMatch(/^http:\/\/127\.0\.0\.1:4566\/123456789012\/small-test-DeadLetters-[0-9A-F]{12}$/);
  expect(ids.Pager).toMatch(/^arn:aws:sns:eu-central-1:123456789012:small-test-Pager-/);
  expect(ids.WorkerLambdaFunction).toBe('worker');
});

it('resolves Ref, GetAtt, Sub with a map, Join and pseudo parameters', () => {
  expect(find(RESOURCES, 'WorkerRole')?.arn).toBe('arn:aws:iam::123456789012:role/worker-eu-central-1');
  expect(find(RESOURCES, 'Machine')?.properties.DefinitionString).toContain(
    '"Result":"arn:aws:lambda:eu-central-1:123456789012:function:worker"',
  );
  expect(find(RESOURCES, 'WorkerRole')?.properties.ManagedPolicyArns).toEqual([
    'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
  ]);
});

it('keeps a literal ${!…} and drops AWS::NoValue', () => {
  const found = find(
    { Q: { Type: 'AWS::SQS::Queue', Properties: { A: { 'Fn::Sub': 'a${!b}' }, B: { Ref: 'AWS::NoValue' } } } },
    'Q',
  );
  expect(found?.properties).toEqual({ A: 'a${b}' });
});

it.each([
  ['an unknown type', { Odd: { Type: 'AWS::Odd::Thing' } }, /Odd: .*AWS::Odd::Thing/],
  [
    'an unknown attribute',
    { R: { Type: 'AWS::SNS::Topic', Properties: { X: { 'Fn::GetAtt': ['R', 'Nope'] } } } },
    /R \(AWS::SNS::Topic\).*Nope/,
  ],
  ['a missing resource', { R: { Type: 'AWS::SNS::Topic', Properties: { X: { Ref: 'Gone' } } } }, /R: 'Gone'/],
  ['an unknown intrinsic', { R: { Type: 'AWS::SNS::Topic', Properties: { X: { 'Fn::Cidr': [] } } } }, /R: .*Fn::Cidr/],
])('refuses %s by its logical id', (_, resources, message) => {
  expect(() => resolveTemplate({ Resources: resources as never }, options)).toThrow(message);
});
