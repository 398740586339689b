import { SecretUnreadable } from '../access/vault_errors.js';
import { Conflict } from '../kernel/errors.js';
import { judgeTelegramError } from '../pool/telegram_error_verdicts.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { Account, AccountFreeze } from '../telegram/gateway.js';
import type { SessionRecord } from './store.js';

/** Whether Telegram accepts a session. */
export interface Check {
  readonly isValid: boolean;
  /** `active`, `limited` or `frozen`, or why it is not valid: `dead`, `invalid`, `missing`, … */
  readonly status: string;
  readonly error: string | null;
  /** Its account; null: not valid, or not asked. */
  readonly account: Account | null;
  /** The auth key that Telegram accepted, in lower-case hex of its SHA-256; null: it accepted none. */
  readonly authKeySha256: string | null;
}

/** States in which a session is not valid, whatever Telegram would say. */
const OUT_OF_POOL = new Set(['dead', 'invalid', 'missing', 'duplicate']);

/** The result for a session that is not valid whatever Telegram would say; null: Telegram must be asked. */
export function checkWithoutAsking({
  state,
  stateReason,
}: Pick<SessionRecord, 'state' | 'stateReason'>): Check | null {
  return OUT_OF_POOL.has(state) ? notValid(state, stateReason ?? state) : null;
}

/**
 * The check result that this error means; null: it does not tell whether the session is valid, like a network error,
 * a flood, a frozen account or the wrong data centre.
 */
export function refusedCheck(error: unknown): Check | null {
  if (error instanceof TelegramRefused) {
    const { effect } = judgeTelegramError(error.telegramError, error.method);
    const isDead = effect.kind === 'dead' || effect.kind === 'suspect';
    return isDead ? notValid('dead', error.telegramError) : null;
  }
  const unreadable = error instanceof Conflict && error.code === 'credentials_unreadable';
  if (!unreadable && !(error instanceof SecretUnreadable)) return null;
  return notValid('unreadable', error.message);
}

/** What a freeze means for a session that Telegram accepts: it can still read, and must not be thrown away. */
export function frozenMessage({ since, until, appealUrl }: AccountFreeze): string {
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const end = until === null ? '' : `, and is deleted on ${day(until)} unless an appeal is granted`;
  const appeal = appealUrl === null ? '' : ` (${appealUrl})`;
  return `The account has been frozen since ${day(since)}: it can only read${end}${appeal}`;
}

function notValid(status: string, error: string): Check {
  return { isValid: false, status, error, account: null, authKeySha256: null };
}
