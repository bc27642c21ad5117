/** EventBridge events that the service listens to. */
import * as z from 'zod/mini';

/** An EventBridge `CloudWatch Alarm State Change`; composite alarms carry no metrics, `reasonData` is JSON text and may be absent. */
export const AlarmChange = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  time: z.string(),
  resources: z.array(z.string()).check(z.minLength(1)),
  detail: z.object({
    alarmName: z.string(),
    state: z.object({
      value: z.string(),
      reason: z._default(z.string(), ''),
      timestamp: z.string(),
      actionsSuppressedBy: z.optional(z.string()),
    }),
  }),
});
export type AlarmChange = z.infer<typeof AlarmChange>;
export const ExecutionEnded = z.object({
  detail: z.object({
    executionArn: z.string(),
    name: z.string(),
    /** JSON text; left out when it is large, which none of the service's is. */
    input: z.optional(z.string()),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED']),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
  }),
});
