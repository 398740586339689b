import type { Timers } from '../timers.js';
import type { TelegramNetwork } from './network.js';

/** How long a gateway waits, in seconds, and how much it does at once. */
export interface GatewayLimits {
  /** Until a connection stands; also how long work without a deadline of its own waits for its turn. */
  readonly connectSeconds: number;
  /** For each call, and for agreeing on a new key. */
  readonly callSeconds: number;
  /** For each step of a login, whatever it takes. */
  readonly loginSeconds: number;
  /** Accounts and logins connected at once. A download's connection to another data centre is not counted. */
  readonly maxConnections: number;
}

/** What a gateway works with. */
export interface GatewayParts {
  readonly network: TelegramNetwork;
  readonly timers: Timers;
  /** Those left out are as in `defaultLimits`. */
  readonly limits?: Partial<GatewayLimits>;
}

/** Telegram answers in a fraction of a second, or not at all. */
export const defaultLimits: GatewayLimits = {
  connectSeconds: 10,
  callSeconds: 15,
  loginSeconds: 30,
  maxConnections: 50,
};
