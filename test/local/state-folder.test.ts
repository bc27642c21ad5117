import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaveStateFolder, takeStateFolder } from '../../local/state-folder.ts';

/** No process has this number: the kernel counts to 4,194,304 at most. */
const NOBODY = 4_999_999;

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'state-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('a state folder', () => {
  it('is made, taken, and free again when it is left', async () => {
    const directory = join(parent, 'new/state');
    expect(await takeStateFolder(directory)).toBe(directory);
    expect(readFileSync(join(directory, '.in-use'), 'utf8')).toBe(String(process.pid));
    await leaveStateFolder(directory);
    expect(await takeStateFolder(directory)).toBe(directory);
  });

  it('that another process uses is refused, and one whose process was killed is not', async () => {
    const directory = await takeStateFolder(join(parent, 'state'));
    writeFileSync(join(directory, '.in-use'), String(process.ppid));
    await expect(takeStateFolder(directory)).rejects.toThrow(`in use by process ${process.ppid}. End that first`);
    writeFileSync(join(directory, '.in-use'), String(NOBODY));
    expect(await takeStateFolder(directory)).toBe(directory);
  });

  it('is no folder with other files, and no file', async () => {
    writeFileSync(join(parent, 'letter.txt'), 'mine');
    await expect(takeStateFolder(parent)).rejects.toThrow('holds other files');
    await expect(takeStateFolder(join(parent, 'letter.txt'))).rejects.toThrow(/letter\.txt cannot be used: EEXIST/);
    expect(readFileSync(join(parent, 'letter.txt'), 'utf8')).toBe('mine');
  });
});
