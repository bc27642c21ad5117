import { defineConfig } from 'vitest/config';

/** Real processes on a machine that others use too now and then miss a time-out: there, and only there, a test gets a second try. */
const retry = process.env.CI ? 1 : 0;
const endToEnd = { retry, testTimeout: 240_000, hookTimeout: 120_000, maxConcurrency: 5 };
/** Files that change nothing of the process they run in load what they test once for all of them. */
const together = { isolate: false };

export default defineConfig({
  test: {
    // Most tests wait for processes: more workers than Vitest's one for each spare core keep both cores of a small machine busy.
    maxWorkers: 3,
    projects: [
      { test: { name: 'domain', include: ['test/domain/**/*.test.ts'], testTimeout: 30_000, ...together } },
      {
        test: {
          name: 'unit',
          include: ['test/{functions,lib}/**/*.test.ts', 'test/*.test.ts'],
          exclude: ['test/lib/{frontend,database}/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'storage',
          include: ['test/lib/{frontend,database}/**/*.test.ts', 'test/local/rds*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          exclude: ['test/local/rds*.test.ts'],
          testTimeout: 60_000,
          retry,
          ...together,
        },
      },
      { test: { name: 'documents', include: ['test/documents/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'e2e', include: ['test/e2e/{service,triggers}.test.ts'], ...endToEnd } },
      { test: { name: 'faults', include: ['test/e2e/{demo,*-faults}.test.ts'], ...endToEnd } },
    ],
    coverage: {
      provider: 'v8',
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'local/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
