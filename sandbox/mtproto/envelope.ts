import { decryptIge, encryptIge, type IgeKey, sha256 } from '../crypto/primitives.js';
import type { AuthKey } from './auth_key.js';

/** The content of one encrypted message (core.telegram.org/mtproto/description, Encrypted message). */
export interface Message {
  readonly salt: bigint;
  readonly sessionId: bigint;
  readonly messageId: bigint;
  readonly sequence: number;
  readonly body: Buffer;
}

const HEADER = 32;
const MSG_KEY_END = 24;
/** Where in the auth key the parts for messages of the client, and of the server, begin. */
const CLIENT = 0;
const SERVER = 8;

/** The message in `packet`, sent by a client. Null: not made with `authKey`, or damaged. */
export function decryptMessage(packet: Buffer, authKey: AuthKey): Message | null {
  const encrypted = packet.subarray(MSG_KEY_END);
  if (encrypted.length < HEADER || encrypted.length % 16 !== 0) return null;
  const msgKey = packet.subarray(8, MSG_KEY_END);
  const plain = decryptIge(encrypted, messageKey(authKey, msgKey, CLIENT));
  if (!msgKeyOf(authKey, plain, CLIENT).equals(msgKey)) return null;
  const length = plain.readUInt32LE(28);
  const padding = plain.length - HEADER - length;
  if (padding < 12 || padding > 1024 || length % 4 !== 0) return null;
  return {
    salt: plain.readBigInt64LE(0),
    sessionId: plain.readBigInt64LE(8),
    messageId: plain.readBigInt64LE(16),
    sequence: plain.readInt32LE(24),
    body: plain.subarray(HEADER, HEADER + length),
  };
}

/** The packet of a message that the server sends. */
export function encryptMessage(
  message: Message,
  authKey: AuthKey,
  randomBytes: (length: number) => Buffer,
): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeBigInt64LE(message.salt, 0);
  header.writeBigInt64LE(message.sessionId, 8);
  header.writeBigInt64LE(message.messageId, 16);
  header.writeInt32LE(message.sequence, 24);
  header.writeUInt32LE(message.body.length, 28);
  const padding = randomBytes(12 + ((16 - ((HEADER + message.body.length + 12) % 16)) % 16));
  const plain = Buffer.concat([header, message.body, padding]);
  const msgKey = msgKeyOf(authKey, plain, SERVER);
  return Buffer.concat([authKey.id, msgKey, encryptIge(plain, messageKey(authKey, msgKey, SERVER))]);
}

function msgKeyOf(authKey: AuthKey, plain: Buffer, side: number): Buffer {
  return sha256(authKey.bytes.subarray(88 + side, 120 + side), plain).subarray(8, 24);
}

function messageKey(authKey: AuthKey, msgKey: Buffer, side: number): IgeKey {
  const a = sha256(msgKey, authKey.bytes.subarray(side, side + 36));
  const b = sha256(authKey.bytes.subarray(side + 40, side + 76), msgKey);
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24, 32)]),
    iv: Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24, 32)]),
  };
}
