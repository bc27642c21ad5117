import { type CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { askHealth } from './host.ts';
import { ALARM, APPLICATION } from './manifest.ts';

const METRIC = { Namespace: 'SampleLoadBalancer', MetricName: 'HTTPCode_Target_5XX_Count' };
const DIMENSIONS = [{ Name: 'Application', Value: APPLICATION }];

/** Seconds that the alarm looks at; 10 is the shortest that CloudWatch evaluates. */
const ALARM_PERIOD = 10;
const EVERY_MS = 250;
const REPORT_EVERY = 4;

/** Makes the alarm that the sample's manifest names: it fires at the first period with a 5xx answer. */
export async function createAlarm(cloudwatch: CloudWatchClient): Promise<void> {
  const alarm = new PutMetricAlarmCommand({
    AlarmName: ALARM,
    AlarmDescription: 'The sample application answers 5xx',
    ...METRIC,
    Dimensions: DIMENSIONS,
    Statistic: 'Sum',
    Period: ALARM_PERIOD,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'missing',
  });
  await cloudwatch.send(alarm);
}

/** Steady requests to every host. */
export interface Traffic {
  /** Resolves when the traffic has ended; rejects when the metric could not be put. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** What the traffic is told. */
export interface TrafficOptions {
  readonly cloudwatch: CloudWatchClient;
  readonly healthUrls: readonly string[];
  /** Ends by itself after this long. */
  readonly forMs: number;
}

/** A host that does not answer counts as 5xx: a load balancer answers 502 in its place. */
async function countFailures(urls: readonly string[]): Promise<number> {
  const answers = await Promise.all(urls.map(askHealth));
  return answers.filter(({ status }) => status === 0 || status >= 500).length;
}

async function report(cloudwatch: CloudWatchClient, failures: number): Promise<void> {
  const datum = { MetricName: METRIC.MetricName, Dimensions: DIMENSIONS, Timestamp: new Date(), Value: failures };
  const MetricData = [{ ...datum, Unit: 'Count' as const, StorageResolution: 1 }];
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: METRIC.Namespace, MetricData }));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

async function run({ cloudwatch, healthUrls, forMs }: TrafficOptions, signal: AbortSignal): Promise<void> {
  const end = Date.now() + forMs;
  let failures = 0;
  for (let round = 1; !signal.aborted && Date.now() < end; round += 1) {
    failures += await countFailures(healthUrls);
    if (round % REPORT_EVERY === 0) {
      await report(cloudwatch, failures);
      failures = 0;
    }
    await pause(EVERY_MS, signal);
  }
}

/** Starts requests to each host about every 250 ms and puts the count of 5xx answers once a second, as a load balancer does. */
export function startTraffic(options: TrafficOptions): Traffic {
  const stopping = new AbortController();
  const ended = run(options, stopping.signal);
  // Whoever stops the traffic hears of a failure; until then it must not end the process as an unhandled rejection.
  ended.catch(() => {});
  return {
    ended,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
