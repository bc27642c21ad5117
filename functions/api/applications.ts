import { ManifestInput } from '../../lib/contracts.ts';
import { ManifestMismatch } from '../../lib/errors.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { listApplications, putApplication, requireApplication } from '../../lib/registry/applications.ts';

export const handler = resource(
  endpoint({
    method: 'GET',
    path: '/applications',
    run: async () => ({ status: 200, body: { applications: await listApplications() } }),
  }),
  endpoint({
    method: 'GET',
    path: '/applications/{application}',
    run: async ({ path: { application = '' } }) => ({ status: 200, body: await requireApplication(application) }),
  }),
  endpoint({
    method: 'PUT',
    path: '/applications/{application}',
    body: ManifestInput,
    run: async ({ path: { application = '' }, body, actor }) => {
      if (body.application !== application) throw new ManifestMismatch(application, body.application);
      const { created } = await putApplication(body, actor);
      return { status: created ? 201 : 200, body };
    },
  }),
);
