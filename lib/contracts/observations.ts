/** What is seen of an application: what a plan and a verdict are decided on. */
import * as z from 'zod/mini';

export const HostObservation = z.object({
  id: z.string(),
  online: z.boolean(),
  agentVersion: z.string(),
  /** What the inspect-host document saw; null: the host did not answer. */
  truth: z.nullable(
    z.object({
      commit: z.string(),
      dirtyFiles: z.number(),
      targetPresent: z.boolean(),
      services: z.array(z.object({ name: z.string(), state: z.string() })),
      health: z.nullable(z.object({ status: z.number(), version: z.nullable(z.string()) })),
      errorsInLogs: z.nullable(z.number()),
      freeMegabytes: z.number(),
    }),
  ),
});
export type HostObservation = z.infer<typeof HostObservation>;
export const AlarmObservation = z.object({
  name: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA', 'MISSING']),
  transitionedAt: z.nullable(z.string()),
  newestDatapointAt: z.nullable(z.string()),
  actionsEnabled: z.boolean(),
});
export type AlarmObservation = z.infer<typeof AlarmObservation>;
export const FlowObservation = z.object({
  url: z.string(),
  good: z.boolean(),
  status: z.nullable(z.number()),
  problem: z.nullable(z.string()),
});
export type FlowObservation = z.infer<typeof FlowObservation>;
export const Observation = z.object({
  at: z.string(),
  hosts: z.array(HostObservation),
  alarms: z.array(AlarmObservation),
  flows: z.array(FlowObservation),
});
export type Observation = z.infer<typeof Observation>;
