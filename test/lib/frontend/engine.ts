/** The engine's functions as its callers use them: gone on with until they are ready, chunk by chunk. */
import type { ChunkCounts, ChunkOutcome, FrontendTarget } from '../../../lib/contracts.ts';
import { ObjectKind } from '../../../lib/contracts.ts';
import { addOutcomes, NOTHING_DONE } from '../../../lib/domain/frontend/chunks.ts';
import { type PlanRequest, planObjects } from '../../../lib/frontend/plan-objects.ts';
import { planUndo } from '../../../lib/frontend/plan-undo.ts';
import { type ManifestRequest, recordManifest } from '../../../lib/frontend/record-manifest.ts';
import { type ChunkRequest, restoreChunk } from '../../../lib/frontend/restore-chunk.ts';
import { type FrontendWorld, LATER } from './world.ts';

/** Quick enough for tests. */
export const IMPATIENT = { patience: { first: 5, longest: 20, total: 5_000 } };

/** All that can be done to one prefix of a world's site, in folders of its own. */
export class Engine {
  readonly #world: FrontendWorld;
  readonly prefix: string;
  readonly entryPoints = ['index.html'];
  settings: NonNullable<ChunkRequest['settings']> = IMPATIENT;

  constructor(world: FrontendWorld, prefix: string) {
    this.#world = world;
    this.prefix = prefix;
  }

  get source() {
    return { bucket: this.#world.site, prefix: this.prefix };
  }

  folder(stage: string): string {
    return `rollbacks/${this.prefix}${stage}`;
  }

  /** Answers the manifest as a target. */
  async record(version: string, more: Partial<ManifestRequest> = {}): Promise<FrontendTarget & { kind: 'manifest' }> {
    const location = `manifests/${this.prefix}${version}`;
    const request = { ...this.source, location, until: LATER, ...more };
    let recorded = await recordManifest(request);
    while (recorded.state === 'PENDING') recorded = await recordManifest({ ...request, cursor: recorded.cursor });
    return { kind: 'manifest', version, location };
  }

  async plan(target: FrontendTarget, stage = 'apply', more: Partial<PlanRequest> = {}) {
    const { source, entryPoints } = this;
    const request = { source, target, entryPoints, folder: this.folder(stage), until: LATER, ...more };
    let planned = await planObjects(request);
    while (planned.state === 'PENDING') planned = await planObjects({ ...request, cursor: planned.cursor });
    return planned;
  }

  async restore(chunks: ChunkCounts, stage = 'apply'): Promise<ChunkOutcome> {
    let done = NOTHING_DONE;
    for (const kind of ObjectKind.options) {
      for (let number = 0; number < chunks[kind]; number += 1) {
        done = addOutcomes(done, await this.chunk(kind, number, stage));
      }
    }
    return done;
  }

  chunk(kind: ObjectKind, number = 0, stage = 'apply'): Promise<ChunkOutcome> {
    return restoreChunk({ bucket: this.#world.site, folder: this.folder(stage), kind, number, settings: this.settings });
  }

  async planUndo(chunks: ChunkCounts, oldestRunning = LATER) {
    const { source, entryPoints } = this;
    const folders = { folder: this.folder('apply'), undoFolder: this.folder('undo') };
    const request = { source, entryPoints, ...folders, chunks, until: LATER, oldestRunning };
    let planned = await planUndo(request);
    for (let calls = 0; planned.state === 'PENDING' && calls < 5; calls += 1)
      planned = await planUndo({ ...request, cursor: planned.cursor });
    return planned;
  }

  /** Brings the site to a target, and answers what became of it. */
  async bringBack(target: FrontendTarget): Promise<ChunkOutcome> {
    const planned = await this.plan(target);
    return this.restore(planned.chunks);
  }

  async undo(chunks: ChunkCounts): Promise<ChunkOutcome> {
    const planned = await this.planUndo(chunks);
    if (planned.state !== 'READY') throw new Error('the undo waits for a step that is at work');
    return this.restore(planned.chunks, 'undo');
  }
}
