import { TelegramFlood, TelegramRefused } from '../errors.js';

/** Telegram's answer in place of a result, by Telegram's own name for the error, which GramJS's errors lose. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(readonly telegramError: string) {
    super(telegramError);
  }
}

/** Telegram's name for an unknown key; the transport says it as -404, whatever was called. */
export const UNKNOWN_KEY = 'AUTH_KEY_UNREGISTERED';

/** The waits that hold for the whole session, not for a single chat as `SLOWMODE_WAIT_60` does. */
const FLOOD = /^FLOOD_(?:PREMIUM_|TEST_PHONE_)?WAIT_(\d+)$/;

/** The service's error for Telegram's answer to `method`. */
export function namedError({ telegramError }: RpcError, method: string): TelegramRefused | TelegramFlood {
  const seconds = FLOOD.exec(telegramError)?.[1];
  return seconds === undefined
    ? new TelegramRefused(telegramError, method)
    : new TelegramFlood(telegramError, method, Number(seconds));
}

/** The method that GramJS's class `className` calls: `auth.signIn` for `auth.SignIn`. */
export function methodName(className: string): string {
  const at = className.indexOf('.') + 1;
  return className.slice(0, at) + className.charAt(at).toLowerCase() + className.slice(at + 1);
}

/** Whether Telegram answered with this error. */
export function isRefusal(error: unknown, name: string): error is TelegramRefused {
  return error instanceof TelegramRefused && error.telegramError === name;
}

/** The data centre that Telegram sends the caller to (`PHONE_MIGRATE_2`); null: the error does not say so. */
export function migrationTarget(error: unknown, kinds: readonly string[]): number | null {
  if (!(error instanceof TelegramRefused)) return null;
  const [, kind, dcId] = /^([A-Z]+)_MIGRATE_(\d+)$/.exec(error.telegramError) ?? [];
  return kind !== undefined && kinds.includes(kind) ? Number(dcId) : null;
}
