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

/** Where Telegram is. An address from a session file is never dialled. */
export interface TelegramNetwork {
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

/** Telegram itself. */
export const telegramNetwork: TelegramNetwork = {
  firstDc: 2,
  rsaKeys: [],
  dataCentre: wellKnownAddress,
  mayDial: () => true,
};
