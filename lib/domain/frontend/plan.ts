/** What a plan says of the frontend, one sentence each. */
import type { FrontendTarget } from '../../contracts.ts';
import type { Draft } from '../plan.ts';

type Site = NonNullable<Draft['manifest']['frontend']>;

/** `s3://bucket/prefix` */
const address = ({ bucket, prefix }: Pick<Site, 'bucket' | 'prefix'>): string => `s3://${bucket}/${prefix}`;

function describeTarget(target: FrontendTarget): string {
  if (target.kind === 'manifest') return `the manifest of release ${target.version}`;
  if (target.kind === 'time') return `what it held at ${target.at}`;
  return `the archived build ${address(target)}`;
}

export function prepareSite({ frontend, manifest }: Draft): string[] {
  if (frontend === undefined || manifest.frontend === undefined) return [];
  const { maxShrink } = manifest.frontend;
  return [
    `compare ${address(manifest.frontend)} with ${describeTarget(frontend)}; refused if there would be more than ${maxShrink} fewer objects`,
  ];
}

export function restoreSite({ frontend, manifest: { frontend: site } }: Draft): string[] {
  if (frontend === undefined || site === undefined) return [];
  return [
    `bring back changed objects: assets first, then ${site.entryPoints.join(', ')}`,
    'remove what the target does not have, by delete markers',
    ...(site.distribution === undefined ? [] : [`invalidate the cache of distribution ${site.distribution} and wait for it`]),
  ];
}

export function siteChecks({ frontend, manifest: { frontend: site } }: Draft): string[] {
  if (frontend === undefined || site?.url === undefined) return [];
  return [`${site.url} serves the bytes of the target: ${site.entryPoints.join(', ')} and some of the changed assets`];
}

export function siteWarnings({ frontend, manifest: { frontend: site } }: Draft): string[] {
  if (frontend === undefined || site === undefined) return [];
  const exact = {
    manifest: [],
    time: ['S3 knows times to the second only: what was written in the same second as the target counts as the target.'],
    archive: [
      'A listing does not show metadata: an object that differs from the archived build in nothing else is not brought back.',
    ],
  };
  return [
    ...exact[frontend.kind],
    ...(site.url === undefined ? ['The manifest names no frontend.url: what is served is not compared with the bucket.'] : []),
  ];
}
