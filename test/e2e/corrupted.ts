/** Data that went bad after a known moment, and what is to be true where a rollback must not have changed it. */
import { expect } from 'vitest';
import { type DataStage, openData } from './data.ts';
import { expectNoEventTwice } from './faults.ts';
import type { Theatre } from './harness.ts';

export const corrupt = "UPDATE generations SET text = ''; INSERT INTO generations (text) VALUES ('late')";
export const corrupted = ['', '', 'late'];

/** Data that is corrupted, and the moment before it was. */
export const openCorrupted = async (
  theatre: Theatre,
  ...options: Parameters<typeof openData> extends [unknown, ...infer Rest] ? Rest : never
) => {
  const data = await openData(theatre, ...options);
  const time = await data.moment();
  await data.sql(corrupt);
  return { ...data, time, rollBack: (target: object = { time }) => data.stage.rollBack({ strategy: 'database', target }) };
};

/** The application itself finds what it found before, under the name that it had before. */
export const expectUntouched = async ({ stage, instance, rows, health, counted }: DataStage, rollbackId: string) => {
  expect(await rows(instance)).toEqual(corrupted);
  expect(await health()).toEqual(stage.hosts.map(() => 200));
  expect(await counted()).toEqual(stage.hosts.map(() => corrupted.length));
  await stage.expectOrder(rollbackId);
  expectNoEventTwice(await stage.events(rollbackId));
};
