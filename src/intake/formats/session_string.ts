import { isTestAddress, wellKnownAddress } from '../../telegram/network.js';
import { ipFromBytes, ipToBytes } from './addresses.js';
import { authKeyBytes } from './auth_key.js';

/** What it takes to speak to Telegram as the account. Secret: whoever holds `authKey` is the account. */
export interface Credentials {
  readonly dcId: number;
  /** An IP address, or a host name in some GramJS sessions. */
  readonly serverAddress: string;
  readonly port: number;
  /** Always `authKeyBytes` long. */
  readonly authKey: Buffer;
  /** Decimal digits: Telegram's ids are 64-bit, too wide for a number. Null: the session does not say. */
  readonly userId: string | null;
  readonly apiId: number | null;
  readonly isBot: boolean;
}

/** The libraries whose session strings are read and written. */
export type StringFormat = 'telethon' | 'gramjs' | 'pyrogram';

/** A session string, read. */
export interface DecodedString {
  readonly format: StringFormat;
  readonly credentials: Credentials;
}

/** Bytes of a GramJS string that are not its address: data centre, two lengths, auth key. */
const gramjsOverhead = 1 + 2 + 2 + authKeyBytes;

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
 * Writes a session string as the library itself would. What a format has no room for is left out (user
 * and api ids in all but Pyrogram's, the address in Pyrogram's); a Telethon string holds no host name,
 * so the data centre's well-known address goes in its place. Throws RangeError where no string of that
 * format can say it.
 */
export function encodeSessionString(credentials: Credentials, format: StringFormat): string {
  if (credentials.authKey.length !== authKeyBytes) throw new RangeError('an auth key has 256 bytes');
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
  return payload.length > gramjsOverhead && payload.length === gramjsOverhead + payload.readUInt16BE(1);
}

function gramjs(payload: Buffer): DecodedString | null {
  const end = payload.length - authKeyBytes - 2;
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
  const addressBytes = payload.length - 1 - 2 - authKeyBytes;
  if (addressBytes !== 4 && addressBytes !== 16) return null;
  const end = 1 + addressBytes;
  const address = { serverAddress: ipFromBytes(payload.subarray(1, end)), port: payload.readUInt16BE(end) };
  return decoded('telethon', payload.readUInt8(0), address, payload.subarray(end + 2));
}

/** `>B I ? 256s Q ?`, before that `>B ? 256s Q ?`, and first of all `>B ? 256s I ?`. */
function pyrogram(payload: Buffer): DecodedString | null {
  const [apiIdBytes, userIdBytes] = { 271: [4, 8], 267: [0, 8], 263: [0, 4] }[payload.length] ?? [0, 0];
  if (userIdBytes === 0 || userIdBytes === undefined || apiIdBytes === undefined) return null;
  const keyAt = 2 + apiIdBytes;
  const userIdAt = keyAt + authKeyBytes;
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
  // Pyrogram would take 0 for the account's id.
  if (userId === null) throw new RangeError('a Pyrogram string holds the id of its user, which is not known');
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
