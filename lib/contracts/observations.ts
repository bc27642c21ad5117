/** What is seen of an application: what a plan and a verdict are decided on. */
import * as z from 'zod';

export const HostObservation = z.object({
  id: z.string(),
  online: z.boolean(),
  agentVersion: z.string(),
  /** What the inspect-host document saw; null: the host did not answer. */
  truth: z
    .object({
      commit: z.string(),
      dirtyFiles: z.number(),
      targetPresent: z.boolean(),
      services: z.array(z.object({ name: z.string(), state: z.string() })),
      health: z.object({ status: z.number(), version: z.string().nullable() }).nullable(),
      errorsInLogs: z.number().nullable(),
      freeMegabytes: z.number(),
    })
    .nullable(),
});
export type HostObservation = z.infer<typeof HostObservation>;
export const AlarmObservation = z.object({
  name: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA', 'MISSING']),
  transitionedAt: z.string().nullable(),
  newestDatapointAt: z.string().nullable(),
  actionsEnabled: z.boolean(),
});
export type AlarmObservation = z.infer<typeof AlarmObservation>;
export const FlowObservation = z.object({
  url: z.string(),
  good: z.boolean(),
  status: z.number().nullable(),
  problem: z.string().nullable(),
});
export type FlowObservation = z.infer<typeof FlowObservation>;
export const Observation = z.object({
  at: z.string(),
  hosts: z.array(HostObservation),
  alarms: z.array(AlarmObservation),
  flows: z.array(FlowObservation),
});
export type Observation = z.infer<typeof Observation>;
