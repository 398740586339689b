import { BadGateway, GatewayTimeout, TooMany } from '../kernel/errors.js';

/** Telegram answered a call with an error, by its own name, such as `PHONE_CODE_INVALID`. */
export class TelegramRefused extends BadGateway {
  /** Telegram's name of the error. */
  readonly telegramError: string;
  /** Such as `auth.signIn`. */
  readonly method: string;

  constructor(telegramError: string, method: string) {
    super({
      error: 'telegram_error',
      message: `Telegram answered ${method} with ${telegramError}`,
      telegram_error: telegramError,
      method,
    });
    this.telegramError = telegramError;
    this.method = method;
  }
}

/** Telegram refuses calls of this method until `retryAfterSeconds` have passed. */
export class TelegramFlood extends TooMany {
  /** Such as `FLOOD_WAIT_30`. */
  readonly telegramError: string;
  readonly method: string;

  constructor(telegramError: string, method: string, seconds: number) {
    super(
      {
        error: 'flood_wait',
        message: `Telegram asks to wait ${seconds} seconds before the next ${method}`,
        telegram_error: telegramError,
        method,
        wait_seconds: seconds,
      },
      Math.max(1, seconds),
    );
    this.telegramError = telegramError;
    this.method = method;
  }
}

/** Telegram can't be reached, or disconnected. This says nothing about the session. */
export class TelegramUnreachable extends BadGateway {
  constructor(reason: string) {
    super({ error: 'telegram_unreachable', message: `Telegram can't be reached: ${reason}` });
  }
}

/** Telegram did not answer in time. This says nothing about the session. */
export class TelegramTimeout extends GatewayTimeout {
  constructor(what: string, seconds: number) {
    super({
      error: 'telegram_timeout',
      message: `Telegram did not answer in ${seconds} seconds: ${what}`,
    });
  }
}

/** Whether Telegram answered with an error: one that the pool's verdicts cover. */
export function isRpcError(error: unknown): error is TelegramRefused | TelegramFlood {
  return error instanceof TelegramRefused || error instanceof TelegramFlood;
}
