import type { Rollback } from '../lib/contracts.ts';
import { createProgress, seconds } from './progress.ts';
import { type Build, buildSite, visit } from './sample/site.ts';
import { followRollback, recordRelease } from './scenario.ts';
import type { World } from './world.ts';

/** The second scene's part of what `npm run demo` prints as its last line. */
export interface SiteResult {
  readonly rollbackId: string;
  readonly outcome: string;
  readonly from: string | null;
  readonly to: string | null;
  /** From the request to the end of the comparison with what people see. */
  readonly requestToRightMs: number | null;
}

/** How the second scene ended. */
export interface SiteEnd {
  readonly result: SiteResult;
  /** What is not as it should be; empty: all is well. */
  readonly problems: readonly string[];
}

type Say = (line: string) => void;

/** The site of this release asks for a script that its build did not write. */
const BAD = '1.4.0';

/** Whether a visitor finds a page of the build with everything that it asks for. */
async function isServed(url: string, build: Build): Promise<boolean> {
  const { page, assets } = await visit(url);
  const expected = build.find(({ key }) => key === 'index.html')?.body;
  return page === expected && Object.values(assets).every((status) => status === 200);
}

async function deployBadSite(world: World): Promise<void> {
  const { commit } = await world.repository.addRelease(BAD, async () => {}, true);
  await world.site.deploy(buildSite(BAD, { broken: true }));
  await recordRelease(world, { version: BAD, commit, deployedAt: new Date().toISOString(), status: 'deployed' });
}

async function rollBackSite(world: World, say: Say): Promise<{ rollback: Rollback; rightAfterMs: number | null }> {
  const body = { issue: 'frontend-issue', reason: `The page of ${BAD} is blank` };
  const path = `/applications/${world.application}/rollbacks`;
  const askedAt = Date.now();
  const { rollbackId } = await world.client('operator').call('POST', path, body);
  say(`asked for a rollback of the frontend: ${rollbackId}`);
  const progress = createProgress();
  let rightAt: string | undefined;
  try {
    const rollback = await followRollback(world, rollbackId, (event) => {
      if (event.type === 'site-right') rightAt = event.at;
      progress.add(event);
    });
    return { rollback, rightAfterMs: rightAt === undefined ? null : Date.parse(rightAt) - askedAt };
  } finally {
    await progress.end();
  }
}

/** A bad frontend release, rolled back through the HTTP API, until the page is right byte for byte. */
export async function playSiteScene(world: World, say: Say): Promise<SiteEnd> {
  const { url } = world.site;
  const good = buildSite(world.release.version);
  say(`deploying the site of ${BAD}, whose page asks for a script that is not there: ${url}`);
  await deployBadSite(world);
  const { assets } = await visit(url);
  const missing = Object.entries(assets).filter(([, status]) => status !== 200);
  say(`a visitor gets ${missing.map(([path, status]) => `${status} for ${path}`).join(', ') || 'everything'}`);
  const { rollback, rightAfterMs } = await rollBackSite(world, say);
  const isRight = await isServed(url, good);
  if (isRight)
    say(
      `the page is that of ${world.release.version} again, byte for byte, ${seconds(rightAfterMs ?? 0)} after it was asked for`,
    );
  const problems = [
    ...(missing.length > 0 ? [] : ['the bad site was not seen to be bad']),
    ...(rollback.status === 'succeeded' ? [] : [`the frontend's rollback is ${rollback.status}: ${rollback.resolution}`]),
    ...(isRight ? [] : [`${url} does not serve the page of ${world.release.version} with everything that it asks for`]),
  ];
  const { rollbackId, status, from, to } = rollback;
  const result = {
    rollbackId,
    outcome: status,
    from: from?.version ?? null,
    to: to?.version ?? null,
    requestToRightMs: rightAfterMs,
  };
  return { result, problems };
}
