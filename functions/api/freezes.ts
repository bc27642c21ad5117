import { FreezeInput, WHOLE_SERVICE } from '../../lib/contracts.ts';
import { endpoint, resource } from '../../lib/middleware.ts';
import { requireApplication } from '../../lib/registry/applications.ts';
import { freeze, freezeOf, unfreeze } from '../../lib/registry/freezes.ts';

const path = '/applications/{application}/freeze';

/** `_all` in the path stands for the whole service: nothing is rolled back while it is frozen. */
const requireFreezable = async (application: string): Promise<string> => {
  if (application !== WHOLE_SERVICE) await requireApplication(application);
  return application;
};

export const handler = resource(
  endpoint({
    method: 'GET',
    path,
    run: async ({ path: { application = '' } }) => ({
      status: 200,
      body: { freeze: await freezeOf(await requireFreezable(application), new Date()) },
    }),
  }),
  endpoint({
    method: 'PUT',
    path,
    body: FreezeInput,
    run: async ({ path: { application = '' }, body, actor }) => ({
      status: 200,
      body: { freeze: await freeze(await requireFreezable(application), body, actor, new Date()) },
    }),
  }),
  endpoint({
    method: 'DELETE',
    path,
    run: async ({ path: { application = '' } }) => {
      await unfreeze(await requireFreezable(application));
      return { status: 200, body: { freeze: null } };
    },
  }),
);
