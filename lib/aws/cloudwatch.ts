import { CloudWatchClient, type CompositeAlarm, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod/mini';
import type { AlarmObservation } from '../contracts.ts';
import { clientDefaults } from './client.ts';

const client = new CloudWatchClient(clientDefaults);
const NAMES_PER_CALL = 100;

const text = z.catch(z.optional(z.string()), undefined);
/** What of an alarm's StateReasonData is used; AWS documents it by example only, so all of it may be absent or otherwise. */
const ReasonData = z.object({
  queryDate: text,
  period: z.catch(z.number(), 0),
  recentDatapoints: z.catch(z.array(z.unknown()), []),
  evaluatedDatapoints: z.catch(z.array(z.object({ timestamp: text })), []),
  triggeringAlarms: z.catch(z.array(z.object({ state: z.object({ timestamp: text }) })), []),
});

/**
 * The alarms of these names, metric and composite, in the order asked for; one that does not exist has the state MISSING.
 * `actionsEnabled` is false too while a composite's suppressor holds its actions back.
 * `newestDatapointAt` belongs to the last change of state, since CloudWatch renews the reason only then: an alarm that stayed OK
 * shows old data without being stale.
 */
export async function observeAlarms(names: readonly string[]): Promise<AlarmObservation[]> {
  const found = new Map<string, AlarmObservation>();
  const wanted = [...new Set(names)];
  for (let start = 0; start < wanted.length; start += NAMES_PER_CALL) {
    const request = {
      AlarmNames: wanted.slice(start, start + NAMES_PER_CALL),
      AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const],
    };
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginateDescribeAlarms({ client, pageSize: 100 }, request)) {
      for (const alarm of [...MetricAlarms, ...CompositeAlarms]) found.set(alarm.AlarmName ?? '', observationOf(alarm));
    }
  }
  return wanted.map((name) => found.get(name) ?? missing(name));
}

function observationOf(alarm: MetricAlarm & CompositeAlarm): AlarmObservation {
  const transitionedAt = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return {
    name: alarm.AlarmName ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    transitionedAt: transitionedAt?.toISOString() ?? null,
    newestDatapointAt: newestDatapoint(alarm.StateReasonData),
    actionsEnabled: alarm.ActionsEnabled !== false && alarm.ActionsSuppressedBy === undefined,
  };
}

function missing(name: string): AlarmObservation {
  return { name, state: 'MISSING', transitionedAt: null, newestDatapointAt: null, actionsEnabled: false };
}

/** Start of the newest period that was evaluated; of a composite alarm, when the newest of its alarms changed. */
function newestDatapoint(reasonData: string | undefined): string | null {
  const parsed = ReasonData.safeParse(parseJson(reasonData));
  if (!parsed.success) return null;
  const { evaluatedDatapoints, recentDatapoints, triggeringAlarms, queryDate, period } = parsed.data;
  const times = [...evaluatedDatapoints, ...triggeringAlarms.map(({ state }) => state)].map(({ timestamp }) =>
    instant(timestamp),
  );
  // Without time stamps the newest period began at the latest one period before the query.
  if (times.length === 0 && recentDatapoints.length > 0) times.push(instant(queryDate) - period * 1000);
  const newest = Math.max(...times.filter((time) => !Number.isNaN(time)));
  return Number.isFinite(newest) ? new Date(newest).toISOString() : null;
}

/** CloudWatch writes `+0000`, which is no ISO 8601 offset. */
function instant(timestamp: string | undefined): number {
  return Date.parse(timestamp?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') ?? '');
}

function parseJson(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return null;
  }
}
