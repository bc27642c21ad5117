import { describe, expect, it } from 'vitest';
import { isCopyOf, type ObjectHead } from '../../../lib/domain/frontend/likeness.ts';
import { inverse } from '../../../lib/domain/frontend/undo.ts';

const DIGEST = 'd41d8cd98f00b204e9800998ecf8427e';
const OTHER = '0cc175b9c0f1b6a831c399e269772661';
const head = (changes: Partial<ObjectHead> = {}): ObjectHead => ({
  versionId: '1',
  etag: DIGEST,
  size: 10,
  headers: { CacheControl: 'max-age=60' },
  metadata: { commit: 'abc' },
  lost: {},
  ...changes,
});
const underKey = { encryption: { algorithm: 'aws:kms', keyId: 'k' } };

describe('a copy', () => {
  it('has the same size, metadata and ETag', () => {
    expect(isCopyOf(head({ versionId: '2' }), head())).toBe(true);
    expect(isCopyOf(head({ size: 11 }), head())).toBe(false);
    expect(isCopyOf(head({ etag: OTHER }), head())).toBe(false);
    expect(isCopyOf(head({ headers: { CacheControl: 'max-age=61' } }), head())).toBe(false);
    expect(isCopyOf(head({ metadata: {} }), head())).toBe(false);
  });

  it('is told by its checksum where ETags are no digests', () => {
    const parts = (etag: string, value: string) => head({ etag, checksum: `CRC64NVME:${value}` });
    expect(isCopyOf(parts(`${OTHER}-2`, 'x'), parts(`${DIGEST}-3`, 'x'))).toBe(true);
    expect(isCopyOf(parts(`${OTHER}-2`, 'x'), parts(`${DIGEST}-3`, 'y'))).toBe(false);
  });

  it('is taken for one when neither can be compared', () => {
    expect(isCopyOf(head({ etag: `${OTHER}-2` }), head())).toBe(true);
    expect(isCopyOf(head({ etag: OTHER, lost: underKey }), head({ lost: underKey }))).toBe(true);
    expect(isCopyOf(head({ etag: OTHER, checksum: 'CRC32:a-2' }), head({ checksum: 'CRC32:b-2' }))).toBe(false);
  });
});

describe('the inverse', () => {
  const before = { versionId: '1', etag: 'a', size: 1 };
  const after = { versionId: '0', etag: 'b', size: 2 };
  const created = { versionId: '2', etag: 'c' };

  it('puts back what was there in place of what was made', () => {
    expect(inverse({ key: 'k', before, after }, created)).toEqual({
      key: 'k',
      before: { versionId: '2', etag: 'c', size: 2 },
      after: before,
    });
  });

  it('removes what was new and brings back what was removed', () => {
    expect(inverse({ key: 'k', before: null, after }, created)).toMatchObject({ after: null, before: { versionId: '2' } });
    expect(inverse({ key: 'k', before, after: null }, { versionId: '2', etag: '' })).toEqual({
      key: 'k',
      before: null,
      after: before,
    });
  });

  it('leaves alone what the service did not make', () => {
    expect(inverse({ key: 'k', before, after }, undefined)).toBeNull();
  });
});
