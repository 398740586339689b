import { Api } from 'telegram/tl/index.js';
import {
  bigEndianInteger,
  dhBytes,
  dhGenerator,
  dhPrime,
  dhSecretBytes,
  littleEndianInteger,
  modularPower,
  randomPrime,
  shortestBigEndian,
  toBigEndian,
  toLittleEndian,
} from '../crypto/integers.js';
import { decryptIge, encryptIge, type IgeKey, sha1 } from '../crypto/primitives.js';
import type { RsaKey } from '../crypto/rsa_key.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { exact, long, type TlObject } from '../tl/values.js';
import { encode } from '../tl/writer.js';
import { AuthKey } from './auth_key.js';
import { openInnerData, openWithHash } from './inner_data.js';

/** The client violated the rules of the exchange; Telegram disconnects it. */
export class KeyExchangeError extends Error {
  override readonly name = 'KeyExchangeError';
}

/** What an exchange needs from its data centre. */
export interface ExchangeHost {
  readonly rsaKey: RsaKey;
  readonly randomBytes: (length: number) => Buffer;
  /** Milliseconds since 1970. */
  readonly time: () => number;
  /** Registers a new key; false if its id is already known, so that the client has to try again. */
  register(key: AuthKey): boolean;
}

interface Agreed extends Asked {
  readonly newNonce: Buffer;
  readonly ige: IgeKey;
  readonly secret: bigint;
}

/**
 * Factoring is a proof of work by the client, which is pointless here, so the primes are small. GramJS reads their
 * product as a signed number, and never terminates if its highest bit is set.
 */
const PRIME_BYTES = 3;
const schema = schemaOfLayer(currentLayer);

/** The server side of one key exchange (core.telegram.org/mtproto/auth_key). */
export class KeyExchange {
  #asked: Asked | null = null;
  #agreed: Agreed | null = null;

  constructor(readonly host: ExchangeHost) {}

  /** The answer to one plain request. Throws KeyExchangeError. */
  answer(request: TlObject): TlObject {
    if (request instanceof Api.ReqPqMulti || request instanceof Api.ReqPq) return this.#begin(request.nonce);
    if (request instanceof Api.ReqDHParams) return this.#offer(request);
    if (request instanceof Api.SetClientDHParams) return this.#finish(request);
    throw new KeyExchangeError(`${request.className} is not part of the exchange`);
  }

  #begin(nonce: Api.int128): TlObject {
    const { randomBytes, rsaKey } = this.host;
    const first = randomPrime(PRIME_BYTES, randomBytes);
    let second = first;
    while (second === first) second = randomPrime(PRIME_BYTES, randomBytes);
    const pq = first * second;
    this.#agreed = null;
    this.#asked = { nonce: toLittleEndian(exact(nonce), 16), serverNonce: randomBytes(16), pq };
    return new Api.ResPQ({
      nonce,
      serverNonce: long(littleEndianInteger(this.#asked.serverNonce)),
      pq: shortestBigEndian(pq),
      serverPublicKeyFingerprints: [long(rsaKey.publicKey.fingerprint)],
    });
  }

  #offer(request: Api.ReqDHParams): TlObject {
    const asked = this.#asked;
    if (asked === null || !isOf(asked, request))
      throw new KeyExchangeError('not the nonces of this exchange');
    const p = bigEndianInteger(request.p);
    if (p * bigEndianInteger(request.q) !== asked.pq || p === 1n) throw new KeyExchangeError('wrong factors');
    if (exact(request.publicKeyFingerprint) !== this.host.rsaKey.publicKey.fingerprint) {
      throw new KeyExchangeError('not our RSA key');
    }
    const inner = openInnerData(request.encryptedData, this.host.rsaKey);
    if (inner === null || !isOf(asked, inner)) throw new KeyExchangeError('unreadable inner data');
    const newNonce = toLittleEndian(exact(inner.newNonce), 32);
    const secret = bigEndianInteger(this.host.randomBytes(dhSecretBytes));
    this.#agreed = { ...asked, newNonce, secret, ige: temporaryKey(asked.serverNonce, newNonce) };
    return new Api.ServerDHParamsOk({
      nonce: request.nonce,
      serverNonce: request.serverNonce,
      encryptedAnswer: this.#encryptedOffer(request, this.#agreed),
    });
  }

  #encryptedOffer({ nonce, serverNonce }: Api.ReqDHParams, { secret, ige }: Agreed): Buffer {
    const answer = encode(
      new Api.ServerDHInnerData({
        nonce,
        serverNonce,
        g: dhGenerator,
        dhPrime: toBigEndian(dhPrime, dhBytes),
        gA: toBigEndian(modularPower(BigInt(dhGenerator), secret, dhPrime), dhBytes),
        serverTime: Math.floor(this.host.time() / 1000),
      }),
      schema,
    );
    const hashed = Buffer.concat([sha1(answer), answer]);
    const padding = this.host.randomBytes((16 - (hashed.length % 16)) % 16);
    return encryptIge(Buffer.concat([hashed, padding]), ige);
  }

  #finish(request: Api.SetClientDHParams): TlObject {
    const agreed = this.#agreed;
    if (agreed === null || !isOf(agreed, request))
      throw new KeyExchangeError('not the nonces of this exchange');
    if (request.encryptedData.length % 16 !== 0) throw new KeyExchangeError('not whole blocks');
    const inner = openWithHash(decryptIge(request.encryptedData, agreed.ige));
    if (!(inner instanceof Api.ClientDHInnerData) || !isOf(agreed, inner)) {
      throw new KeyExchangeError('unreadable inner data');
    }
    const gB = bigEndianInteger(inner.gB);
    if (gB <= 1n || gB >= dhPrime - 1n) throw new KeyExchangeError('g_b is out of range');
    const key = new AuthKey(toBigEndian(modularPower(gB, agreed.secret, dhPrime), dhBytes));
    const { nonce, serverNonce } = request;
    // A client that has to retry sends another g_b for the same offer.
    if (!this.host.register(key)) {
      return new Api.DhGenRetry({
        nonce,
        serverNonce,
        newNonceHash2: long(key.nonceHash(agreed.newNonce, 2)),
      });
    }
    this.#asked = null;
    this.#agreed = null;
    return new Api.DhGenOk({ nonce, serverNonce, newNonceHash1: long(key.nonceHash(agreed.newNonce, 1)) });
  }
}

/** The challenge of `resPQ`. */
interface Asked {
  readonly nonce: Buffer;
  readonly serverNonce: Buffer;
  readonly pq: bigint;
}

/** Whether a message carries the nonces of this exchange. */
function isOf(asked: Asked, message: { nonce: Api.int128; serverNonce: Api.int128 }): boolean {
  return (
    toLittleEndian(exact(message.nonce), 16).equals(asked.nonce) &&
    toLittleEndian(exact(message.serverNonce), 16).equals(asked.serverNonce)
  );
}

/** `tmp_aes_key` and `tmp_aes_iv` of the exchange. */
function temporaryKey(serverNonce: Buffer, newNonce: Buffer): IgeKey {
  const newThenServer = sha1(newNonce, serverNonce);
  const serverThenNew = sha1(serverNonce, newNonce);
  return {
    key: Buffer.concat([newThenServer, serverThenNew.subarray(0, 12)]),
    iv: Buffer.concat([serverThenNew.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  };
}
