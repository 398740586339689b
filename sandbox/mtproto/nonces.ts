import type { Api } from 'telegram/tl/index.js';
import { sha1 } from '../crypto/hashes.js';
import type { IgeKey } from '../crypto/ige.js';
import { toLittleEndian } from '../crypto/integers.js';
import { exact } from '../tl/values.js';

/** What `resPQ` asked of the client. */
export interface Asked {
  readonly nonce: Buffer;
  readonly serverNonce: Buffer;
  readonly pq: bigint;
}

/** Whether a message carries the nonces of this exchange. */
export function isOf(asked: Asked, message: { nonce: Api.int128; serverNonce: Api.int128 }): boolean {
  return (
    toLittleEndian(exact(message.nonce), 16).equals(asked.nonce) &&
    toLittleEndian(exact(message.serverNonce), 16).equals(asked.serverNonce)
  );
}

/** `tmp_aes_key` and `tmp_aes_iv` of the exchange. */
export function temporaryKey(serverNonce: Buffer, newNonce: Buffer): IgeKey {
  const newThenServer = sha1(newNonce, serverNonce);
  const serverThenNew = sha1(serverNonce, newNonce);
  return {
    key: Buffer.concat([newThenServer, serverThenNew.subarray(0, 12)]),
    iv: Buffer.concat([serverThenNew.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  };
}
