/** The application manifest: PUT /applications/{application}. */
import * as z from 'zod';
import {
  absolutePath,
  alarmName,
  duration,
  folderInRepository,
  hostUrl,
  httpUrl,
  name,
  relativePath,
  share,
  unit,
} from './names.ts';
import { Issue, Strategy } from './strategy.ts';

const Install = z.union(
  [
    z.strictObject({ python: z.strictObject({ requirements: relativePath, venv: relativePath }) }),
    z.strictObject({ npm: z.strictObject({ directory: folderInRepository.default('.') }) }),
    z.strictObject({ script: relativePath }),
  ],
  { error: 'must be one of python {requirements, venv}, npm {directory} or script' },
);
export type Install = z.infer<typeof Install>;

const Trigger = z.strictObject({ alarm: alarmName, issue: Issue.default('application-bug'), onlyWithin: duration.default('4h') });

export const Manifest = z.strictObject({
  application: name,
  contacts: z
    .array(z.strictObject({ role: z.string().min(1).max(80), reach: z.string().min(1).max(200) }))
    .max(20)
    .default([]),
  hosts: z.strictObject({
    tags: z
      .record(z.string().min(1).max(128), z.string().min(1).max(256))
      .refine((t) => Object.keys(t).length >= 1 && Object.keys(t).length <= 5, 'must name 1 to 5 tags'),
    canary: z.int().min(0).max(50).default(1),
    concurrency: z
      .union(
        [z.int().min(1).max(50), z.string().regex(/^([1-9][0-9]?|100)%$/, 'must be a number of hosts or a share such as 25%')],
        { error: 'must be a number of hosts or a share such as 25%' },
      )
      .default('25%'),
    offlineTolerance: z.int().min(0).max(1000).default(0),
    commandTimeout: duration.default('10m'),
  }),
  services: z.strictObject({ application: z.array(unit).min(1).max(10), proxy: z.array(unit).max(5).default([]) }),
  code: z
    .strictObject({
      directory: absolutePath,
      user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name'),
      install: Install.optional(),
    })
    .optional(),
  configuration: z
    .strictObject({
      file: absolutePath,
      owner: z.string().regex(/^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$/, 'must be user:group'),
      mode: z.string().regex(/^0?[0-7]{3}$/, 'must be an octal mode such as 600'),
    })
    .optional(),
  frontend: z
    .strictObject({
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket'),
      prefix: z.string().max(512).default(''),
      entryPoints: z.array(z.string().min(1).max(512)).min(1).max(20).default(['index.html']),
      distribution: z
        .string()
        .regex(/^[A-Z0-9]{1,64}$/, 'must be the id of a CloudFront distribution')
        .optional(),
      /** Where people reach the site: what is served there is compared with the bucket after a rollback. */
      url: httpUrl.optional(),
      /** Where finished builds are kept, one folder a version. */
      archive: z
        .string()
        .max(700)
        .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(.*\/)?\{version\}\/$/, 'must be such as s3://bucket/builds/{version}/')
        .optional(),
      /** The number of objects may not shrink by more than this, unless the request says so. */
      maxShrink: share.default('50%'),
    })
    .optional(),
  database: z
    .strictObject({
      instance: z
        .string()
        .max(63)
        .regex(/^[a-z](-?[a-z0-9])*$/, 'must be the identifier of an RDS instance: a-z, 0-9 and single hyphens'),
      cutover: z.enum(['rename', 'environment']).default('rename'),
      stopServices: z.enum(['before-restore', 'before-cutover']).default('before-restore'),
      check: z
        .strictObject({
          /** Answers one number. Asked by psql on a host, in a session that cannot write. */
          sql: z
            .string()
            .max(2000)
            .regex(/^(SELECT|WITH)\s[^;\\\p{Cc}]+$/iu, 'must be one SELECT on one line, without ; and \\'),
          atLeast: z.int().min(0),
        })
        .optional(),
    })
    .optional(),
  health: z
    .strictObject({
      host: hostUrl.optional(),
      within: duration.default('1m'),
      flows: z
        .array(
          z.strictObject({
            url: httpUrl,
            status: z.int().min(100).max(599).default(200),
            contains: z.string().min(1).max(500).optional(),
          }),
        )
        .max(20)
        .default([]),
      logs: z.strictObject({ units: z.array(unit).min(1).max(10), maxErrors: z.int().min(0).max(100_000).default(0) }).optional(),
    })
    .prefault({}),
  monitor: z
    .strictObject({ for: duration.default('15m'), every: duration.default('1m'), alarms: z.array(alarmName).max(50).default([]) })
    .prefault({}),
  triggers: z.array(Trigger).max(20).default([]),
  approval: z
    .strictObject({ required: z.array(Strategy).default(['database', 'full']), timeout: duration.default('1h') })
    .prefault({}),
  limits: z.strictObject({ cooldown: duration.default('30m'), perDay: z.int().min(1).max(100).default(3) }).prefault({}),
  verifyAfter: duration.default('30m'),
});
export type Manifest = z.infer<typeof Manifest>;
