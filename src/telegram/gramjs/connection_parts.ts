import type { Timers } from '../../timers.js';
import { TelegramUnreachable } from '../errors.js';
import type { GatewayLimits } from '../limits.js';
import type { Places } from './places.js';
import type { Route } from './route.js';

/** What all connections share. */
export interface ConnectionParts {
  readonly timers: Timers;
  readonly limits: GatewayLimits;
  /** How many may agree on new keys at once: it keeps the processor busy. */
  readonly keyExchanges: Places;
}

/** Which connection is wanted. */
export interface ConnectionOptions {
  readonly route: Route;
  /** The application that is introduced as calling. */
  readonly apiId: number;
  /** Null: a new one is agreed on. */
  readonly authKey: Buffer | null;
}

/** No key came of it, which happens now and then; another try, over a new connection, may do. */
export class NoKeyAgreed extends TelegramUnreachable {}
