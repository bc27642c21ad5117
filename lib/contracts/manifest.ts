/** The application manifest: PUT /applications/{application}. */
import * as z from 'zod/mini';
import {
  absolutePath,
  alarmName,
  duration,
  folderInRepository,
  formed,
  hostUrl,
  httpUrl,
  name,
  relativePath,
  share,
  text,
  unit,
} from './names.ts';
import { Issue, Strategy } from './strategy.ts';

const Install = z.union(
  [
    z.strictObject({ python: z.strictObject({ requirements: relativePath, venv: relativePath }) }),
    z.strictObject({ npm: z.strictObject({ directory: z._default(folderInRepository, '.') }) }),
    z.strictObject({ script: relativePath }),
  ],
  { error: 'must be one of python {requirements, venv}, npm {directory} or script' },
);
export type Install = z.infer<typeof Install>;

const Trigger = z.strictObject({
  alarm: alarmName,
  issue: z._default(Issue, 'application-bug'),
  onlyWithin: z._default(duration, '4h'),
});

export const Manifest = z.strictObject({
  application: name,
  contacts: z._default(z.array(z.strictObject({ role: text(80), reach: text(200) })).check(z.maxLength(20)), []),
  hosts: z.strictObject({
    tags: z
      .record(text(128), text(256))
      .check(z.refine((t) => Object.keys(t).length >= 1 && Object.keys(t).length <= 5, 'must name 1 to 5 tags')),
    canary: z._default(z.int().check(z.minimum(0), z.maximum(50)), 1),
    concurrency: z._default(
      z.union(
        [
          z.int().check(z.minimum(1), z.maximum(50)),
          z.string().check(z.regex(/^([1-9][0-9]?|100)%$/, 'must be a number of hosts or a share such as 25%')),
        ],
        { error: 'must be a number of hosts or a share such as 25%' },
      ),
      '25%',
    ),
    offlineTolerance: z._default(z.int().check(z.minimum(0), z.maximum(1000)), 0),
    commandTimeout: z._default(duration, '10m'),
  }),
  services: z.strictObject({
    application: z.array(unit).check(z.minLength(1), z.maxLength(10)),
    proxy: z._default(z.array(unit).check(z.maxLength(5)), []),
  }),
  code: z.optional(
    z.strictObject({
      directory: absolutePath,
      user: z.string().check(z.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a Linux user name')),
      install: z.optional(Install),
    }),
  ),
  configuration: z.optional(
    z.strictObject({
      file: absolutePath,
      owner: z.string().check(z.regex(/^[a-z_][a-z0-9_-]{0,31}:[a-z_][a-z0-9_-]{0,31}$/, 'must be user:group')),
      mode: z.string().check(z.regex(/^0?[0-7]{3}$/, 'must be an octal mode such as 600')),
    }),
  ),
  frontend: z.optional(
    z.strictObject({
      bucket: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket')),
      prefix: z._default(z.string().check(z.maxLength(512)), ''),
      entryPoints: z._default(z.array(text(512)).check(z.minLength(1), z.maxLength(20)), ['index.html']),
      distribution: z.optional(z.string().check(z.regex(/^[A-Z0-9]{1,64}$/, 'must be the id of a CloudFront distribution'))),
      /** Where people reach the site: what is served there is compared with the bucket after a rollback. */
      url: z.optional(httpUrl),
      /** Where finished builds are kept, one folder a version. */
      archive: z.optional(
        formed(
          700,
          /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(.*\/)?\{version\}\/$/,
          'must be such as s3://bucket/builds/{version}/',
        ),
      ),
      /** The number of objects may not shrink by more than this, unless the request says so. */
      maxShrink: z._default(share, '50%'),
    }),
  ),
  database: z.optional(
    z.strictObject({
      instance: formed(63, /^[a-z](-?[a-z0-9])*$/, 'must be the identifier of an RDS instance: a-z, 0-9 and single hyphens'),
      cutover: z._default(z.enum(['rename', 'environment']), 'rename'),
      stopServices: z._default(z.enum(['before-restore', 'before-cutover']), 'before-restore'),
      /** US dollars. RDS does not tell it: it depends on class, storage, region and what was reserved. */
      hourlyPrice: z.optional(z.number().check(z.minimum(0), z.maximum(10_000))),
      check: z.optional(
        z.strictObject({
          /** Answers one number. Asked by psql on a host, in a session that cannot write. */
          sql: formed(2000, /^(SELECT|WITH|select|with) [^;\\\p{Cc}]+$/u, 'must be one SELECT on one line, without ; and \\'),
          atLeast: z.int().check(z.minimum(0), z.maximum(999_999_999_999_999)),
        }),
      ),
    }),
  ),
  health: z.prefault(
    z.strictObject({
      host: z.optional(hostUrl),
      within: z._default(duration, '1m'),
      flows: z._default(
        z
          .array(
            z.strictObject({
              url: httpUrl,
              status: z._default(z.int().check(z.minimum(100), z.maximum(599)), 200),
              contains: z.optional(text(500)),
            }),
          )
          .check(z.maxLength(20)),
        [],
      ),
      logs: z.optional(
        z.strictObject({
          units: z.array(unit).check(z.minLength(1), z.maxLength(10)),
          maxErrors: z._default(z.int().check(z.minimum(0), z.maximum(100_000)), 0),
        }),
      ),
    }),
    {},
  ),
  monitor: z.prefault(
    z.strictObject({
      for: z._default(duration, '15m'),
      every: z._default(duration, '1m'),
      alarms: z._default(z.array(alarmName).check(z.maxLength(50)), []),
    }),
    {},
  ),
  triggers: z._default(z.array(Trigger).check(z.maxLength(20)), []),
  approval: z.prefault(
    z.strictObject({ required: z._default(z.array(Strategy), ['database', 'full']), timeout: z._default(duration, '1h') }),
    {},
  ),
  limits: z.prefault(
    z.strictObject({ cooldown: z._default(duration, '30m'), perDay: z._default(z.int().check(z.minimum(1), z.maximum(100)), 3) }),
    {},
  ),
  verifyAfter: z._default(duration, '30m'),
});
export type Manifest = z.infer<typeof Manifest>;
