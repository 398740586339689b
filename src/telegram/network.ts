import { isIPv4 } from 'node:net';

/** Where a data centre listens. */
export interface DcAddress {
  readonly serverAddress: string;
  readonly port: number;
}

/** A key by which a data centre proves its identity. */
export interface RsaKey {
  /** Decimal digits, as MTProto counts it: signed, 64 bits. */
  readonly fingerprint: string;
  readonly modulus: Buffer;
  readonly exponent: number;
}

/** Where Telegram is, as plain data: what a thread is told. */
export interface NetworkDefinition {
  readonly firstDc: number;
  readonly rsaKeys: readonly RsaKey[];
  readonly dataCentres: readonly (DcAddress & { readonly dcId: number; readonly test: boolean })[];
  /** Whether connections are made within this machine only. */
  readonly loopbackOnly: boolean;
}

/** Where Telegram is. An address from a session file is never dialled. */
export interface TelegramNetwork {
  readonly definition: NetworkDefinition;
  /** The data centre at which a login begins. */
  readonly firstDc: number;
  /** Trusted in addition to Telegram's own. */
  readonly rsaKeys: readonly RsaKey[];
  /** Where a data centre listens; null: there is no such one. */
  dataCentre(dcId: number, test: boolean): DcAddress | null;
  /** Whether a connection may be made to this host, be it a data centre or a proxy. */
  mayDial(host: string): boolean;
}

/** Production data centres, as `help.getConfig` names them; all listen on 443. */
const PRODUCTION_ADDRESSES: ReadonlyMap<number, string> = new Map([
  [1, '149.154.175.53'],
  [2, '149.154.167.51'],
  [3, '149.154.175.100'],
  [4, '149.154.167.91'],
  [5, '91.108.56.130'],
]);

/** Test data centres, and their port, as Pyrogram knows them (`session/internals/data_center.py`). */
const TEST_ADDRESSES: ReadonlyMap<number, string> = new Map([
  [1, '149.154.175.10'],
  [2, '149.154.167.40'],
  [3, '149.154.175.117'],
]);

/** The well-known address of a data centre, for formats that store only its number; null: no such one. */
export function wellKnownAddress(dcId: number, test = false): DcAddress | null {
  const serverAddress = (test ? TEST_ADDRESSES : PRODUCTION_ADDRESSES).get(dcId);
  return serverAddress === undefined ? null : { serverAddress, port: test ? 80 : 443 };
}

/** Whether the address is a test data centre's. */
export function isTestAddress(dcId: number, serverAddress: string): boolean {
  return TEST_ADDRESSES.get(dcId) === serverAddress;
}

/** The network that is defined so. */
export function networkOf(definition: NetworkDefinition): TelegramNetwork {
  const { firstDc, dataCentres, loopbackOnly } = definition;
  return {
    definition,
    firstDc,
    // Between threads a Buffer arrives as a plain Uint8Array.
    rsaKeys: definition.rsaKeys.map((key) => ({ ...key, modulus: Buffer.from(key.modulus) })),
    dataCentre(dcId, test) {
      const found = dataCentres.find((one) => one.dcId === dcId && one.test === test);
      return found ? { serverAddress: found.serverAddress, port: found.port } : null;
    },
    mayDial: (host) => !loopbackOnly || isLoopback(host),
  };
}

/** Names other than `localhost` are not resolved: they could lead anywhere. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Telegram itself. */
export const telegramNetwork: TelegramNetwork = networkOf({
  firstDc: 2,
  rsaKeys: [],
  dataCentres: [false, true].flatMap((test) =>
    [1, 2, 3, 4, 5].flatMap((dcId) => {
      const address = wellKnownAddress(dcId, test);
      return address ? [{ dcId, test, ...address }] : [];
    }),
  ),
  loopbackOnly: false,
});
