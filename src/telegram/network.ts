import { type DcAddress, wellKnownAddress } from '../intake/formats/addresses.js';

/** A key by which a data centre proves that it is one. */
export interface RsaKey {
  /** Decimal digits, as MTProto counts it: signed, 64 bits. */
  readonly fingerprint: string;
  readonly modulus: Buffer;
  readonly exponent: number;
}

/** Where Telegram is. What a session file says of addresses is never dialled. */
export interface TelegramNetwork {
  /** The data centre at which a login begins. */
  readonly firstDc: number;
  /** Trusted beside Telegram's own. */
  readonly rsaKeys: readonly RsaKey[];
  /** Where a data centre listens; null: there is no such one. */
  dataCentre(dcId: number, test: boolean): DcAddress | null;
  /** Whether a connection may be made to this host, be it a data centre or a proxy. */
  mayDial(host: string): boolean;
}

/** Telegram itself. */
export const telegramNetwork: TelegramNetwork = {
  firstDc: 2,
  rsaKeys: [],
  dataCentre: wellKnownAddress,
  mayDial: () => true,
};
