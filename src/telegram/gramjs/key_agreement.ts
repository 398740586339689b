import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { AuthKey } from 'telegram/crypto/AuthKey.js';
import gramjs from 'telegram/Helpers.js';

/** A natural number of GramJS's. */
type Natural = ReturnType<typeof gramjs.readBigIntFromBuffer>;

/** Below this, importing the numbers as keys costs more than it saves. */
const MIN_BITS = 1024;

/** DER's tags (ITU-T X.690). */
const [INTEGER, BIT_STRING, OCTET_STRING, SEQUENCE] = [0x02, 0x03, 0x04, 0x30];

/** PKCS #3's `dhKeyAgreement`, 1.2.840.113549.1.3.1, with its tag and length. */
const DH_KEY_AGREEMENT = Buffer.from('06092a864886f70d010301', 'hex');

/** Length of an auth key (core.telegram.org/mtproto/auth_key). */
const KEY_BYTES = 256;

const gramjsPower = gramjs.modExp;
const setKey = AuthKey.prototype.setKey;

const ZERO = Buffer.from([0]);
const TWO = Buffer.from([2]);

/**
 * Mends how GramJS agrees on an auth key with Telegram:
 * - It raises to large powers with OpenSSL, in this thread. GramJS's own loop holds the event loop about five times as
 *   long, and the time it takes depends on the secret.
 * - A key keeps its leading zeros. GramJS drops them, so that one agreement in 256 fails ("invalid new nonce hash").
 */
export function mendKeyAgreement(): void {
  const modExp: typeof gramjsPower = (base, exponent, modulus) =>
    exponent.bitLength().lt(MIN_BITS) || modulus.bitLength().lt(MIN_BITS)
      ? gramjsPower(base, exponent, modulus)
      : modularPower(base, exponent, modulus);
  Object.assign(gramjs, { modExp });
  AuthKey.prototype.setKey = function (this: AuthKey, value) {
    return setKey.call(this, value instanceof Buffer ? withLeadingZeros(value) : value);
  };
}

function withLeadingZeros(key: Buffer): Buffer {
  return key.length < KEY_BYTES ? Buffer.concat([Buffer.alloc(KEY_BYTES - key.length), key]) : key;
}

/** `base` to the power of `exponent`, modulo a large prime: the secret of a Diffie-Hellman exchange. */
export function modularPower(base: Natural, exponent: Natural, prime: Natural): Natural {
  const parameters = der(SEQUENCE, derInteger(toBytes(prime)), derInteger(TWO));
  const algorithm = der(SEQUENCE, DH_KEY_AGREEMENT, parameters);
  const secret = der(OCTET_STRING, derInteger(toBytes(exponent.mod(prime.prev()))));
  const given = der(BIT_STRING, ZERO, derInteger(toBytes(base.mod(prime))));
  const pkcs8 = der(SEQUENCE, derInteger(ZERO), algorithm, secret);
  const spki = der(SEQUENCE, algorithm, given);
  const power = diffieHellman({
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  });
  return gramjs.readBigIntFromBuffer(power, false);
}

function toBytes(value: Natural): Buffer {
  return gramjs.readBufferFromBigInt(value, Math.ceil(value.bitLength().toJSNumber() / 8), false);
}

/** A natural number: without the zero, its highest bit would be a sign. */
function derInteger(bytes: Buffer): Buffer {
  return der(INTEGER, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([ZERO, bytes]));
}

/** A value of fewer than 64 KiB. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}
