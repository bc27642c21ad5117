import { createHash } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

/** One file of a built site. */
export interface SiteFile {
  readonly key: string;
  readonly body: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** A finished build; entry points are last. */
export type Build = readonly SiteFile[];

const FOR_EVER = 'public, max-age=31536000, immutable';
/** Short for browsers; the distribution's own default is a day. */
const SHORT = 'max-age=86400';

const hashed = (name: string, extension: string, body: string, contentType: string): SiteFile => ({
  key: `assets/${name}-${createHash('sha256').update(body).digest('hex').slice(0, 8)}.${extension}`,
  body,
  contentType,
  cacheControl: FOR_EVER,
});

/**
 * Builds the site of a release as a bundler does: assets named by their content, and a page that asks for them. The page of a broken
 * one asks for a script that the build did not write.
 */
export function buildSite(version: string, { broken = false } = {}): Build {
  const script = hashed(
    'app',
    'js',
    `document.querySelector('main').textContent = 'Sample application ${version}';\n`,
    'text/javascript',
  );
  const style = hashed('style', 'css', `main { font: 2rem system-ui; } /* ${version} */\n`, 'text/css');
  const asked = broken ? 'assets/main.js' : script.key;
  const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Sample ${version}</title><link rel="stylesheet" href="/${style.key}"></head>
  <body><main>Loading…</main><script src="/${asked}"></script></body>
</html>
`;
  const plain = (key: string, body: string, contentType: string) => ({ key, body, contentType, cacheControl: SHORT });
  return [
    script,
    style,
    plain('robots.txt', 'User-agent: *\nAllow: /\n', 'text/plain'),
    plain('index.html', page, 'text/html; charset=utf-8'),
  ];
}

const etagOf = (body: string): string => `"${createHash('md5').update(body).digest('hex')}"`;

/** Puts a build into a bucket as `aws s3 sync --delete` does: what changed, in the build's order, then what it no longer has goes. */
export async function deploySite(s3: S3Client, bucket: string, build: Build): Promise<void> {
  const there = new Map<string, string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket }))
    for (const { Key = '', ETag = '' } of Contents) there.set(Key, ETag);
  for (const { key, body, contentType, cacheControl } of build) {
    if (there.get(key) === etagOf(body)) continue;
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType, CacheControl: cacheControl }),
    );
  }
  const kept = new Set(build.map(({ key }) => key));
  for (const key of there.keys()) if (!kept.has(key)) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** How a page looks to a browser that loads it and what it asks for. */
export interface Visit {
  readonly page: string;
  /** Status of each script and style sheet that the page asks for, by path. */
  readonly assets: Readonly<Record<string, number>>;
}

/** Loads a site's page as people do, through its public address. */
export async function visit(url: string): Promise<Visit> {
  const page = await (await fetch(new URL('/', url))).text();
  const paths = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  const statuses = paths.map(async (path) => {
    const response = await fetch(new URL(path, url));
    await response.arrayBuffer();
    return [path, response.status] as const;
  });
  return { page, assets: Object.fromEntries(await Promise.all(statuses)) };
}
