import { OPTIONS_HELP } from './options.ts';
import { sampleManifest } from './sample/manifest.ts';
import { runCommand } from './session.ts';
import type { World } from './world.ts';

const HELP = `npm run local -- [options]

Starts AWS on this machine with the packaged service and two hosts that run the sample application, and stays up.
Prints one line of JSON on standard output when all is ready. Ctrl-C ends it.

${OPTIONS_HELP}`;

function describe({ endpoint, api, application, directory, credentials, hosts, site, repository }: World): object {
  return {
    endpoint,
    api,
    application,
    region: 'eu-central-1',
    directory,
    hosts: hosts.map(({ id, address, directory: folder, healthUrl, environment }) => ({
      id,
      address,
      directory: folder,
      health: healthUrl,
      environment,
    })),
    credentials: Object.fromEntries(
      Object.entries(credentials).map(([user, { accessKeyId, secretAccessKey }]) => [user, { accessKeyId, secretAccessKey }]),
    ),
    releases: repository.releases,
    origin: repository.origin,
    site: { bucket: site.bucket, url: site.url },
    manifest: sampleManifest({ frontend: site.manifest }),
  };
}

await runCommand(HELP, async (world, _, stay) => {
  world.startTraffic(Number.POSITIVE_INFINITY);
  console.log(JSON.stringify(describe(world)));
  return stay();
});
