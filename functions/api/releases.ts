import { startRecording } from '../../lib/aws/stepfunctions.ts';
import { ReleaseChange, ReleaseInput } from '../../lib/contracts.ts';
import { newestFirst } from '../../lib/domain/releases.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { changeRelease, listReleases, recordRelease } from '../../lib/registry/releases.ts';

const path = '/applications/{application}/releases';

export const handler = resource(
  endpoint({
    method: 'GET',
    path,
    run: async ({ path: { application = '' } }) => {
      await requireApplication(application);
      return { status: 200, body: { releases: newestFirst(await listReleases(application)) } };
    },
  }),
  endpoint({
    method: 'POST',
    path,
    body: ReleaseInput,
    run: async ({ path: { application = '' }, body, actor }) => {
      const { frontend } = await requireApplication(application);
      const { release, created } = await recordRelease(application, body, actor, new Date(), frontend !== undefined);
      // Also when it is recorded again: what a crash kept from starting is started now, and one that was started stays alone.
      if (release.frontend?.state === 'recording') await startRecording({ application, version: release.version });
      return { status: created ? 201 : 200, body: release };
    },
  }),
  endpoint({
    method: 'PATCH',
    path: `${path}/{version}`,
    body: ReleaseChange,
    run: async ({ path: { application = '', version = '' }, body, actor }) => ({
      status: 200,
      body: await changeRelease(application, version, body, actor, new Date()),
    }),
  }),
);
