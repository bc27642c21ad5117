import { randomUUID } from 'node:crypto';
import { createDeliveries, type DeliveredEvent, type DeliveryOptions, type EventTarget } from './event-delivery.ts';
import { compilePattern, type EventMatcher } from './event-pattern.ts';
import { eventTimestamp, toMilliseconds, type WireInstant } from './instants.ts';
import { ACCOUNT_ID, AwsError, type BusEvent, type Call, type PublishEvent, REGION, type Service } from './service.ts';

const BUS = 'default';
const BUS_ARN = `arn:aws:events:${REGION}:${ACCOUNT_ID}:event-bus/${BUS}`;
const REMEMBERED_EVENTS = 1000;
const MAX_ENTRIES = 10;
const MAX_REQUEST_BYTES = 262_144;

/** One `AWS::Events::Rule` of the template. */
export interface EventRule {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly eventPattern?: object;
  readonly state?: 'ENABLED' | 'DISABLED';
  readonly targets: readonly EventTarget[];
}

export interface EventsOptions extends Omit<DeliveryOptions, 'now'> {
  readonly rules: readonly EventRule[];
  readonly now?: () => Date;
}

/** EventBridge's default bus. */
export interface EventsService extends Service {
  readonly publish: PublishEvent;
  /** The newest 1,000 events of the bus, oldest first. */
  published(): readonly DeliveredEvent[];
  /** Delivers an event once more with the same id, as at-least-once delivery may. Throws when the event is not remembered. */
  redeliver(eventId: string): void;
  /** Settles when no delivery is on its way any more. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Rule extends EventRule {
  readonly matches: EventMatcher;
  enabled: boolean;
}

interface WireEntry {
  readonly Time?: WireInstant;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Resources?: readonly string[];
  readonly EventBusName?: string;
}

interface PutEventsInput {
  readonly Entries?: readonly WireEntry[];
}

interface RuleInput {
  readonly Name: string;
}

/**
 * EventBridge: PutEvents, ListRules, DescribeRule, EnableRule, DisableRule, TestEventPattern. Throws at once for a rule whose
 * pattern it can't carry out.
 */
export function createEvents({ rules: definitions, now = () => new Date(), ...delivery }: EventsOptions): EventsService {
  const rules = new Map(definitions.map((definition) => [definition.name, compileRule(definition)]));
  const remembered = new Map<string, DeliveredEvent>();
  const deliveries = createDeliveries({ ...delivery, now });

  const deliverTo = (rule: Rule, event: DeliveredEvent) => {
    for (const target of rule.targets) deliveries.deliver(rule.arn, target, event);
  };
  const deliver = (event: DeliveredEvent) => {
    for (const rule of rules.values()) if (rule.enabled && rule.matches(event)) deliverTo(rule, event);
  };
  const accept = (event: DeliveredEvent): string => {
    remembered.set(event.id, event);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_EVENTS && oldest !== undefined) remembered.delete(oldest);
    deliver(event);
    return event.id;
  };

  const putEvents = async ({ Entries: entries = [] }: PutEventsInput, call: Call): Promise<object> => {
    checkEntries(entries);
    for (const entry of entries) await call.authorize('events:PutEvents', [BUS_ARN], conditionKeys(entry));
    const results = entries.map((entry) => putEntry(entry, now().getTime(), accept));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  };

  const ruleOf = async (action: string, { Name }: RuleInput, call: Call): Promise<Rule> => {
    await call.authorize(action, [`arn:aws:events:${REGION}:${ACCOUNT_ID}:rule/${Name}`]);
    const rule = rules.get(Name);
    if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${Name} does not exist on EventBus ${BUS}.`);
    return rule;
  };
  const toggle = (action: string, enabled: boolean) => async (input: RuleInput, call: Call) => {
    (await ruleOf(action, input, call)).enabled = enabled;
    return undefined;
  };

  return {
    scope: 'events',
    protocol: 'json',
    operations: {
      PutEvents: putEvents,
      ListRules: async ({ NamePrefix = '' }: { readonly NamePrefix?: string }, call: Call) => {
        await call.authorize('events:ListRules', [`arn:aws:events:${REGION}:${ACCOUNT_ID}:rule/*`]);
        return { Rules: [...rules.values()].filter(({ name }) => name.startsWith(NamePrefix)).map(describeRule) };
      },
      DescribeRule: async (input: RuleInput, call: Call) => describeRule(await ruleOf('events:DescribeRule', input, call)),
      EnableRule: toggle('events:EnableRule', true),
      DisableRule: toggle('events:DisableRule', false),
      TestEventPattern: testEventPattern,
    },
    publish: (event) => void accept(delivered(event, now().getTime())),
    published: () => [...remembered.values()],
    redeliver: (eventId) => {
      const event = remembered.get(eventId);
      if (!event) throw new AwsError('ResourceNotFoundException', `Event ${eventId} is not among the last ${REMEMBERED_EVENTS}`);
      deliver(event);
    },
    idle: deliveries.idle,
    close: async () => {
      await deliveries.close();
    },
  };
}

function compileRule(definition: EventRule): Rule {
  const { name, eventPattern, state = 'ENABLED' } = definition;
  if (eventPattern === undefined) throw new AwsError('ValidationException', `Rule ${name}: only event patterns are served here`);
  return { ...definition, matches: compilePattern(eventPattern), enabled: state !== 'DISABLED' };
}

function delivered(event: BusEvent, time: number): DeliveredEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': event.detailType,
    source: event.source,
    account: ACCOUNT_ID,
    time: eventTimestamp(time),
    region: REGION,
    resources: event.resources ?? [],
    // Targets get a copy of their own, as over the wire.
    detail: JSON.parse(JSON.stringify(event.detail)),
  };
}

function checkEntries(entries: readonly WireEntry[]): void {
  if (entries.length < 1 || entries.length > MAX_ENTRIES) {
    const bound = entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`;
    const constraint = `Member must have length ${bound}`;
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: ${constraint}`,
    );
  }
  if (entries.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_REQUEST_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
}

/** EventBridge counts 14 bytes for a time, and the UTF-8 bytes of everything else. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: WireEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function conditionKeys({ Source, DetailType }: WireEntry): Record<string, string> {
  return { ...(Source && { 'events:source': Source }), ...(DetailType && { 'events:detail-type': DetailType }) };
}

function putEntry(entry: WireEntry, now: number, accept: (event: DeliveredEvent) => string): object {
  try {
    const time = entry.Time === undefined ? now : toMilliseconds(entry.Time);
    return { EventId: accept(delivered(busEvent(entry), time)) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { ErrorCode: error.code, ErrorMessage: error.message };
  }
}

function busEvent({ Source, DetailType, Detail, Resources, EventBusName = BUS }: WireEntry): BusEvent {
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (!value) throw new AwsError('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  if (Source?.startsWith('aws.')) throw new AwsError('NotAuthorizedForSourceException', 'Not authorized for the source.');
  if (![BUS, BUS_ARN].includes(EventBusName)) {
    throw new AwsError(
      'InvalidArgument',
      `Parameter EventBusName is not valid. Reason: event bus ${EventBusName} does not exist.`,
    );
  }
  return { source: Source ?? '', detailType: DetailType ?? '', detail: detailOf(Detail ?? ''), resources: Resources ?? [] };
}

function detailOf(text: string): object {
  try {
    const detail: unknown = JSON.parse(text);
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return detail;
  } catch {
    // Falls through to the same answer as a detail that is no object.
  }
  throw new AwsError('MalformedDetail', 'Detail is malformed.');
}

function describeRule(rule: Rule): object {
  return {
    Name: rule.name,
    Arn: rule.arn,
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    EventBusName: BUS,
    ...(rule.description !== undefined && { Description: rule.description }),
    ...(rule.eventPattern && { EventPattern: JSON.stringify(rule.eventPattern) }),
  };
}

async function testEventPattern(input: { readonly EventPattern: string; readonly Event: string }, call: Call): Promise<object> {
  await call.authorize('events:TestEventPattern', ['*']);
  return { Result: compilePattern(parsed(input.EventPattern))(parsed(input.Event)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${(cause as Error).message}`);
  }
}
