import { createHash, type Hash, hash } from 'node:crypto';
import type { Checksum, SourceData } from '@smithy/types';

const BLOCK = 64;

/**
 * The hash that the signer asks for, by Node's own crypto. With a secret it is an HMAC (RFC 2104), of two plain hashes: Node's own
 * makes a key object each time, which is most of what it costs to verify a signature.
 */
export class Sha256 implements Checksum {
  readonly #inner: Hash;
  readonly #outerPad: Buffer | undefined;

  constructor(secret?: SourceData) {
    this.#inner = createHash('sha256');
    if (secret === undefined) return;
    const key = bytes(secret);
    const block = Buffer.concat([key.length > BLOCK ? hash('sha256', key, 'buffer') : key], BLOCK);
    this.#inner.update(block.map((byte) => byte ^ 0x36));
    this.#outerPad = Buffer.from(block.map((byte) => byte ^ 0x5c));
  }

  update(data: Uint8Array): void {
    this.#inner.update(data);
  }

  async digest(): Promise<Uint8Array> {
    const digest = this.#inner.digest();
    return this.#outerPad ? hash('sha256', Buffer.concat([this.#outerPad, digest]), 'buffer') : digest;
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytes(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
