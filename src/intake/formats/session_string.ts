import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { isTestAddress, wellKnownAddress } from '../../telegram/network.js';

/** The length of every MTProto auth key, in bytes (core.telegram.org/mtproto/auth_key: 2048 bits). */
export const AUTH_KEY_BYTES = 256;

/**
 * The SHA-256 of an auth key in lower-case hex: shows whether two sessions are one account, without revealing the
 * key.
 */
export function authKeyDigest(authKey: Buffer): string {
  return createHash('sha256').update(authKey).digest('hex');
}

/** Why a stored value is certainly not an auth key; null: it has the form of one. */
export function authKeyFault(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return 'no auth key';
  if (!Buffer.isBuffer(value)) return 'auth key is not binary';
  if (value.length === 0) return 'no auth key';
  if (value.length !== AUTH_KEY_BYTES)
    return `auth key of ${value.length} bytes instead of ${AUTH_KEY_BYTES}`;
  return null;
}

/** What is needed to connect to Telegram as the account. Secret: whoever has `authKey` controls the account. */
export interface Credentials {
  readonly dcId: number;
  /** An IP address, or a host name in some GramJS sessions. */
  readonly serverAddress: string;
  readonly port: number;
  /** Always `AUTH_KEY_BYTES` long. */
  readonly authKey: Buffer;
  /** Decimal digits: Telegram's ids are 64-bit, too wide for a number. Null: unknown. */
  readonly userId: string | null;
  readonly apiId: number | null;
  readonly isBot: boolean;
}

/** The libraries whose session strings are read and written. */
export type StringFormat = 'telethon' | 'gramjs' | 'pyrogram';

/** A decoded session string. */
export interface DecodedString {
  readonly format: StringFormat;
  readonly credentials: Credentials;
}

/** The size of a GramJS string without its address: data centre, two lengths, auth key. In bytes. */
const GRAMJS_OVERHEAD = 1 + 2 + 2 + AUTH_KEY_BYTES;

/**
 * Reads a session string of Telethon (IPv4 and IPv6), GramJS or Pyrogram (three generations), with or
 * without padding, in either base64 alphabet. Null: it is none of these. Layouts: Telethon
 * `sessions/string.py`, GramJS `sessions/StringSession.ts`, Pyrogram `storage/storage.py`.
 */
export function decodeSessionString(text: string): DecodedString | null {
  const trimmed = text.trim();
  if (trimmed.length > 1024 || !/^[\w+/-]+={0,2}$/.test(trimmed)) return null;
  if (trimmed.startsWith('1')) {
    const payload = Buffer.from(trimmed.slice(1), 'base64');
    return isGramjs(payload) ? gramjs(payload) : telethon(payload);
  }
  return pyrogram(Buffer.from(trimmed, 'base64'));
}

/**
 * Writes a session string as the library itself would. What a format cannot hold is omitted (user and API ids in all
 * but Pyrogram's, the address in Pyrogram's); a Telethon string cannot hold a host name, so the data centre's
 * well-known address is used. Throws RangeError if the format cannot express the session.
 */
export function encodeSessionString(credentials: Credentials, format: StringFormat): string {
  if (credentials.authKey.length !== AUTH_KEY_BYTES)
    throw new RangeError(`an auth key has ${AUTH_KEY_BYTES} bytes`);
  if (format === 'telethon') return `1${urlSafe(telethonPayload(credentials))}`;
  if (format === 'gramjs') return `1${gramjsPayload(credentials).toString('base64')}`;
  return urlSafe(pyrogramPayload(credentials)).replace(/=+$/, '');
}

/** Python's urlsafe_b64encode pads; Node's base64url does not. */
function urlSafe(payload: Buffer): string {
  return payload.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** A Telethon string with IPv6 is as long as a GramJS one with 14 characters of address: the length field decides. */
function isGramjs(payload: Buffer): boolean {
  return payload.length > GRAMJS_OVERHEAD && payload.length === GRAMJS_OVERHEAD + payload.readUInt16BE(1);
}

function gramjs(payload: Buffer): DecodedString | null {
  const end = payload.length - AUTH_KEY_BYTES - 2;
  const serverAddress = payload.toString('latin1', 3, end);
  if (!/^[\w.:-]+$/.test(serverAddress)) return null;
  return decoded(
    'gramjs',
    payload.readUInt8(0),
    { serverAddress, port: payload.readUInt16BE(end) },
    payload.subarray(end + 2),
  );
}

function telethon(payload: Buffer): DecodedString | null {
  const addressBytes = payload.length - 1 - 2 - AUTH_KEY_BYTES;
  if (addressBytes !== 4 && addressBytes !== 16) return null;
  const end = 1 + addressBytes;
  const address = { serverAddress: ipFromBytes(payload.subarray(1, end)), port: payload.readUInt16BE(end) };
  return decoded('telethon', payload.readUInt8(0), address, payload.subarray(end + 2));
}

/** `>B I ? 256s Q ?`; older versions: `>B ? 256s Q ?` and `>B ? 256s I ?`. */
function pyrogram(payload: Buffer): DecodedString | null {
  const [apiIdBytes, userIdBytes] = { 271: [4, 8], 267: [0, 8], 263: [0, 4] }[payload.length] ?? [0, 0];
  if (userIdBytes === 0 || userIdBytes === undefined || apiIdBytes === undefined) return null;
  const keyAt = 2 + apiIdBytes;
  const userIdAt = keyAt + AUTH_KEY_BYTES;
  const dcId = payload.readUInt8(0);
  const address = wellKnownAddress(dcId, payload.readUInt8(keyAt - 1) !== 0);
  if (address === null) return null;
  const userId = BigInt(`0x${payload.toString('hex', userIdAt, userIdAt + userIdBytes)}`);
  const known = {
    userId: userId === 0n ? null : userId.toString(),
    apiId: (apiIdBytes === 4 && payload.readUInt32BE(1)) || null,
    isBot: payload.readUInt8(userIdAt + userIdBytes) !== 0,
  };
  return decoded('pyrogram', dcId, address, payload.subarray(keyAt, userIdAt), known);
}

function decoded(
  format: StringFormat,
  dcId: number,
  address: Pick<Credentials, 'serverAddress' | 'port'>,
  authKey: Buffer,
  known: Pick<Credentials, 'userId' | 'apiId' | 'isBot'> = { userId: null, apiId: null, isBot: false },
): DecodedString | null {
  return dcId === 0 ? null : { format, credentials: { dcId, ...address, authKey, ...known } };
}

function telethonPayload({ dcId, serverAddress, port, authKey }: Credentials): Buffer {
  const known = wellKnownAddress(dcId);
  const ip = ipToBytes(serverAddress) ?? (known && ipToBytes(known.serverAddress));
  if (ip === null) throw new RangeError(`a Telethon string holds an IP address, not ${serverAddress}`);
  return Buffer.concat([uint8(dcId), ip, uint16(port), authKey]);
}

function gramjsPayload({ dcId, serverAddress, port, authKey }: Credentials): Buffer {
  const address = Buffer.from(serverAddress, 'latin1');
  return Buffer.concat([uint8(dcId), uint16(address.length), address, uint16(port), authKey]);
}

function pyrogramPayload({ dcId, serverAddress, authKey, userId, apiId, isBot }: Credentials): Buffer {
  // Pyrogram would treat 0 as the account's id.
  if (userId === null) throw new RangeError('a Pyrogram string needs the user id, which is unknown');
  const head = Buffer.alloc(6);
  head.writeUInt8(dcId, 0);
  head.writeUInt32BE(apiId ?? 0, 1);
  head.writeUInt8(isTestAddress(dcId, serverAddress) ? 1 : 0, 5);
  const tail = Buffer.alloc(9);
  tail.writeBigUInt64BE(BigInt(userId), 0);
  tail.writeUInt8(isBot ? 1 : 0, 8);
  return Buffer.concat([head, authKey, tail]);
}

function uint8(value: number): Buffer {
  const bytes = Buffer.alloc(1);
  bytes.writeUInt8(value);
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** The 4 or 16 bytes of an IP address in network order; null: the text is not an IP address. */
function ipToBytes(address: string): Buffer | null {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address) || address.includes('%')) return null;
  const [head = '', tail] = canonicalIpv6(address).split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...first, ...zeros, ...last].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}

/** The text of an IP address given as 4 or 16 bytes in network order; IPv6 in its shortest form. */
function ipFromBytes(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return canonicalIpv6(groups.join(':'));
}

/** The URL parser shortens IPv6 by RFC 5952 and writes an embedded IPv4 address as two groups. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
