import { createHash, randomUUID } from 'node:crypto';
import { ACCOUNT_ID, AwsError, type Call, REGION, type Service } from './service.ts';

const MAX_MESSAGE_BYTES = 1_048_576;
const POLL_INTERVAL = 100;

/** One queue of the template. `visibilityTimeout` in seconds, 30 when absent. */
export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  readonly visibilityTimeout?: number;
}

export interface SqsOptions {
  readonly queues: readonly QueueDefinition[];
  /** Where the service listens, such as `http://127.0.0.1:4566`: the command line calls queues by their URL. */
  readonly endpoint?: () => string;
  readonly now?: () => Date;
}

interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: unknown;
}

/** Puts a message with text attributes into the queue of that ARN; throws `QueueDoesNotExist`. */
export type SendToQueue = (queueArn: string, body: string, attributes?: Readonly<Record<string, string>>) => void;

export interface SqsService extends Service {
  readonly send: SendToQueue;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentAt: number;
  readonly senderId: string;
  firstReceivedAt?: number;
  receives: number;
  visibleAt: number;
}

interface Queue {
  readonly definition: QueueDefinition;
  readonly messages: Map<string, Message>;
  /** Receipt handle -> message id. Older handles stay good, as they mostly do in a standard queue. */
  readonly receipts: Map<string, string>;
}

interface QueueInput {
  readonly QueueUrl: string;
}

interface ReceiveInput extends QueueInput {
  readonly MaxNumberOfMessages?: number;
  readonly VisibilityTimeout?: number;
  readonly WaitTimeSeconds?: number;
  readonly MessageAttributeNames?: readonly string[];
  readonly AttributeNames?: readonly string[];
  readonly MessageSystemAttributeNames?: readonly string[];
}

interface SendInput extends QueueInput {
  readonly MessageBody?: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

/** SQS standard queues in memory: what it takes to send to a dead-letter queue and to look into it. */
export function createSqs({ queues: definitions, endpoint, now: clock = () => new Date() }: SqsOptions): SqsService {
  const queues = definitions.map((definition): Queue => ({ definition, messages: new Map(), receipts: new Map() }));
  const now = () => clock().getTime();
  const base = endpoint ?? (() => `https://sqs.${REGION}.amazonaws.com`);
  const urlOf = ({ definition }: Queue) => `${base()}/${ACCOUNT_ID}/${definition.name}`;
  const closing = new AbortController();

  const find = (matches: (definition: QueueDefinition) => boolean): Queue => {
    const queue = queues.find(({ definition }) => matches(definition));
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  const authorized = async (action: string, input: QueueInput, call: Call): Promise<Queue> => {
    const name = (input.QueueUrl ?? '').split('/').at(-1) ?? '';
    await call.authorize(action, [arnOf(name)]);
    return find((definition) => definition.name === name);
  };

  const receive = async (input: ReceiveInput, call: Call): Promise<object> => {
    const queue = await authorized('sqs:ReceiveMessage', input, call);
    const deadline = Date.now() + (input.WaitTimeSeconds ?? 0) * 1000;
    let messages = take(queue, input, now());
    while (messages.length === 0 && Date.now() < deadline && !closing.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
      messages = take(queue, input, now());
    }
    return messages.length === 0 ? {} : { Messages: messages };
  };

  const send = async (input: SendInput, call: Call): Promise<object> => {
    const queue = await authorized('sqs:SendMessage', input, call);
    const body = checkedBody(input.MessageBody);
    const delay = (input.DelaySeconds ?? 0) * 1000;
    const id = put(queue, { body, attributes: input.MessageAttributes ?? {}, senderId: call.caller.arn }, now(), delay);
    return { MessageId: id, MD5OfMessageBody: md5(body) };
  };

  const remove = async (input: QueueInput & { readonly ReceiptHandle: string }, call: Call): Promise<undefined> => {
    const queue = await authorized('sqs:DeleteMessage', input, call);
    const id = queue.receipts.get(input.ReceiptHandle);
    if (id === undefined) throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
    queue.messages.delete(id);
  };

  return {
    scope: 'sqs',
    protocol: 'json',
    send: (queueArn, body, attributes = {}) => {
      const queue = find(({ arn }) => arn === queueArn);
      put(queue, { body, attributes: texts(attributes), senderId: 'events.amazonaws.com' }, now(), 0);
    },
    operations: {
      ReceiveMessage: receive,
      SendMessage: send,
      DeleteMessage: remove,
      GetQueueUrl: async ({ QueueName }: { readonly QueueName: string }, call: Call) => {
        await call.authorize('sqs:GetQueueUrl', [arnOf(QueueName)]);
        return { QueueUrl: urlOf(find(({ name }) => name === QueueName)) };
      },
      GetQueueAttributes: async (input: QueueInput & { readonly AttributeNames?: readonly string[] }, call: Call) => {
        const queue = await authorized('sqs:GetQueueAttributes', input, call);
        return { Attributes: chosen(queueAttributes(queue, now()), input.AttributeNames ?? []) };
      },
      ListQueues: async ({ QueueNamePrefix = '' }: { readonly QueueNamePrefix?: string }, call: Call) => {
        await call.authorize('sqs:ListQueues', [arnOf('*')]);
        return { QueueUrls: queues.filter(({ definition }) => definition.name.startsWith(QueueNamePrefix)).map(urlOf) };
      },
    },
    close: async () => closing.abort(),
  };
}

function arnOf(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
}

function put(queue: Queue, message: Pick<Message, 'body' | 'attributes' | 'senderId'>, sentAt: number, delay: number): string {
  const id = randomUUID();
  queue.messages.set(id, { ...message, id, sentAt, receives: 0, visibleAt: sentAt + delay });
  return id;
}

function take(queue: Queue, input: ReceiveInput, now: number): readonly object[] {
  const limit = input.MaxNumberOfMessages ?? 1;
  if (limit < 1 || limit > 10)
    throw invalid(`Value ${limit} for parameter MaxNumberOfMessages is invalid. Reason: Must be 1 to 10.`);
  const hidden = (input.VisibilityTimeout ?? queue.definition.visibilityTimeout ?? 30) * 1000;
  const visible = [...queue.messages.values()].filter((message) => message.visibleAt <= now).slice(0, limit);
  return visible.map((message) => {
    message.visibleAt = now + hidden;
    message.receives += 1;
    message.firstReceivedAt ??= now;
    const receipt = randomUUID();
    queue.receipts.set(receipt, message.id);
    return received(message, receipt, input);
  });
}

function received(message: Message, receipt: string, input: ReceiveInput): object {
  const attributes = chosen(message.attributes, input.MessageAttributeNames ?? []);
  const system = chosen(systemAttributes(message), [
    ...(input.AttributeNames ?? []),
    ...(input.MessageSystemAttributeNames ?? []),
  ]);
  return {
    MessageId: message.id,
    ReceiptHandle: receipt,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
  };
}

function systemAttributes(message: Message): Readonly<Record<string, string>> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? ''),
  };
}

function queueAttributes({ definition, messages }: Queue, now: number): Readonly<Record<string, string>> {
  const all = [...messages.values()];
  const count = (matches: (message: Message) => boolean) => String(all.filter(matches).length);
  return {
    QueueArn: definition.arn,
    ApproximateNumberOfMessages: count(({ visibleAt }) => visibleAt <= now),
    ApproximateNumberOfMessagesNotVisible: count(({ visibleAt, receives }) => visibleAt > now && receives > 0),
    ApproximateNumberOfMessagesDelayed: count(({ visibleAt, receives }) => visibleAt > now && receives === 0),
    VisibilityTimeout: String(definition.visibilityTimeout ?? 30),
  };
}

/** Attributes are answered only when asked for: by name, `All`, `.*` or `prefix.*`. */
function chosen<Value>(attributes: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  const isChosen = (name: string) =>
    names.some((asked) => ['All', '.*', name].includes(asked) || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -2))));
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isChosen(name)));
}

function texts(attributes: Readonly<Record<string, string>>): Record<string, MessageAttribute> {
  return Object.fromEntries(Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]));
}

function checkedBody(body: string | undefined): string {
  if (!body) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES)
    throw invalid('One or more parameters are invalid. Reason: Message is too long.');
  return body;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
