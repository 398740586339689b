/** The next `count` bytes of a client, exactly. Rejects if they do not come. */
export type Take = (count: number) => Promise<Buffer>;

/** What a client asks to be connected to; `host` is an address, never a name. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Answers to a request (RFC 1928, section 6). */
const REPLIES = {
  granted: 0,
  failed: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  connectionRefused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;
export type ReplyName = keyof typeof REPLIES;

/** A request: a connection to a destination, or the answer that refuses it. */
export type SocksRequest =
  | { readonly kind: 'connect'; readonly to: Destination }
  | { readonly kind: 'refused'; readonly reply: ReplyName };

/** The client does not speak SOCKS 5. */
export class NotSocks extends Error {
  override readonly name = 'NotSocks';
}

const VERSION = 5;
const USER_AND_PASSWORD = 2;
const NO_ACCEPTABLE_METHOD = 0xff;
const CREDENTIALS_VERSION = 1;
const CONNECT = 1;
const IPV4 = 1;
const IPV6 = 4;

/** Chooses a user name and a password, the only method there is (RFC 1928, section 3). */
export const METHOD_CHOSEN = Buffer.from([VERSION, USER_AND_PASSWORD]);
/** The client offers no method that is accepted. */
export const METHOD_REFUSED = Buffer.from([VERSION, NO_ACCEPTABLE_METHOD]);
/** The user name and the password are right (RFC 1929). */
export const CREDENTIALS_ACCEPTED = Buffer.from([CREDENTIALS_VERSION, 0]);
export const CREDENTIALS_REFUSED = Buffer.from([CREDENTIALS_VERSION, 1]);

/** Reads a greeting: whether the client offers a user name and a password. @throws NotSocks. */
export async function readGreeting(take: Take): Promise<boolean> {
  const [version, count = 0] = await take(2);
  expectVersion(version, VERSION);
  return count > 0 && (await take(count)).includes(USER_AND_PASSWORD);
}

/** Reads a user name and a password of at most 255 bytes each (RFC 1929). @throws NotSocks. */
export async function readCredentials(take: Take): Promise<{ user: string; pass: string }> {
  const [version, userLength = 0] = await take(2);
  expectVersion(version, CREDENTIALS_VERSION);
  const named = await take(userLength + 1);
  const passLength = named[userLength] ?? 0;
  const pass = passLength === 0 ? '' : (await take(passLength)).toString('latin1');
  return { user: named.toString('latin1', 0, userLength), pass };
}

/** Reads a request (RFC 1928, section 4); a name is not resolved, but refused. @throws NotSocks. */
export async function readRequest(take: Take): Promise<SocksRequest> {
  const [version, command, , addressType] = await take(4);
  expectVersion(version, VERSION);
  if (command !== CONNECT) return { kind: 'refused', reply: 'commandNotSupported' };
  if (addressType !== IPV4 && addressType !== IPV6)
    return { kind: 'refused', reply: 'addressTypeNotSupported' };
  const length = addressType === IPV4 ? 4 : 16;
  const rest = await take(length + 2);
  const address = rest.subarray(0, length);
  const host = addressType === IPV4 ? address.join('.') : ipv6(address);
  return { kind: 'connect', to: { host, port: rest.readUInt16BE(length) } };
}

/** The answer to a request, with an address of zeros: the client has no use for the real one. */
export function reply(name: ReplyName): Buffer {
  return Buffer.from([VERSION, REPLIES[name], 0, IPV4, 0, 0, 0, 0, 0, 0]);
}

function expectVersion(given: number | undefined, wanted: number): void {
  if (given !== wanted) throw new NotSocks(`version ${given} where ${wanted} was expected`);
}

/** Eight groups, none left out. */
function ipv6(address: Buffer): string {
  return Array.from({ length: 8 }, (_, at) => address.readUInt16BE(2 * at).toString(16)).join(':');
}
