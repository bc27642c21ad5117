import { randomUUID } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsError, type Call, type Service } from './service.ts';

const KEPT_MESSAGES = 1000;
const MAX_MESSAGE_BYTES = 262_144;
/** Up to 100 printable ASCII characters, the first no space. */
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,99}$/;

/** One topic of the template. */
export interface TopicDefinition {
  readonly name: string;
  readonly arn: string;
}

export interface SnsOptions {
  readonly topics: readonly TopicDefinition[];
  /** State folder: each message is appended to `sns-<topic>.jsonl` in it, for people to read. No file without it. */
  readonly directory?: string;
  readonly now?: () => Date;
}

/** One published message. */
export interface TopicMessage {
  readonly messageId: string;
  readonly topicArn: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly subject?: string;
  readonly message: string;
  /** Name -> text (or base64) value. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SnsService extends Service {
  /** The newest 1,000 messages of a topic, oldest first. */
  messages(topicArn: string): readonly TopicMessage[];
}

interface WireAttribute {
  readonly StringValue?: string;
  readonly BinaryValue?: unknown;
}

interface PublishInput {
  readonly TopicArn?: string;
  readonly TargetArn?: string;
  readonly Subject?: string;
  readonly Message?: string;
  readonly MessageAttributes?: Readonly<Record<string, WireAttribute>>;
}

/** SNS topics that nobody subscribes to: what is published can be read from the state folder or with `messages`. */
export function createSns({ topics, directory, now = () => new Date() }: SnsOptions): SnsService {
  const published = new Map(topics.map(({ arn }) => [arn, [] as TopicMessage[]]));

  const publish = async (input: PublishInput, call: Call): Promise<object> => {
    const topicArn = input.TopicArn ?? input.TargetArn;
    if (!topicArn) throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
    await call.authorize('sns:Publish', [topicArn]);
    const messages = published.get(topicArn);
    if (!messages) throw new AwsError('NotFound', 'Topic does not exist', 404);
    const message = { messageId: randomUUID(), topicArn, timestamp: now().toISOString(), ...content(input) };
    messages.push(message);
    if (messages.length > KEPT_MESSAGES) messages.shift();
    if (directory !== undefined) await write(directory, message);
    return { MessageId: message.messageId };
  };

  return {
    scope: 'sns',
    protocol: 'query',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    operations: {
      Publish: publish,
      ListTopics: async (_input: object, call: Call) => {
        await call.authorize('sns:ListTopics', ['*']);
        return { Topics: topics.map(({ arn }) => ({ TopicArn: arn })) };
      },
    },
    messages: (topicArn) => [...(published.get(topicArn) ?? [])],
  };
}

async function write(directory: string, message: TopicMessage): Promise<void> {
  await mkdir(directory, { recursive: true });
  const topic = message.topicArn.split(':').at(-1);
  await appendFile(join(directory, `sns-${topic}.jsonl`), `${JSON.stringify(message)}\n`);
}

function content({ Subject, Message, MessageAttributes }: PublishInput) {
  if (!Message) throw invalid('Empty message');
  if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
  if (Subject !== undefined && !SUBJECT.test(Subject)) throw invalid('Subject');
  return { ...(Subject !== undefined && { subject: Subject }), message: Message, attributes: attributesOf(MessageAttributes) };
}

function attributesOf(attributes: NonNullable<PublishInput['MessageAttributes']> = {}): Record<string, string> {
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value.StringValue ?? value.BinaryValue ?? '')]);
  return Object.fromEntries(texts);
}

function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}
