import { BadRequest, Conflict, type TeleGateError, TooMany, Unavailable } from '../kernel/errors.js';
import { normalizePhoneNumber } from '../kernel/phone_number.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { AddOutcome, Taken } from './store.js';

/** `Retry-After` for a number that Telegram floods, in seconds: Telegram does not say how long. */
const PHONE_FLOOD_SECONDS = 86_400;

/** The messages for Telegram's errors during a login (core.telegram.org/method/auth.signIn and others). */
const REFUSALS: Readonly<Record<string, readonly [message: string, code: string, field?: string]>> = {
  PHONE_NUMBER_INVALID: ['Invalid phone number', 'invalid_phone_number', 'phone_number'],
  PHONE_NUMBER_BANNED: ['This phone number is banned by Telegram', 'phone_number_banned', 'phone_number'],
  PHONE_NUMBER_UNOCCUPIED: [
    'No Telegram account has this phone number',
    'phone_number_unoccupied',
    'phone_number',
  ],
  PHONE_CODE_EMPTY: ['Invalid OTP code', 'invalid_otp_code', 'code'],
  PHONE_CODE_INVALID: ['Invalid OTP code', 'invalid_otp_code', 'code'],
  PHONE_CODE_EXPIRED: ['OTP code expired', 'otp_code_expired', 'code'],
  PHONE_CODE_HASH_EMPTY: ['OTP code expired', 'otp_code_expired', 'code'],
  PASSWORD_HASH_INVALID: ['Invalid 2FA password', 'invalid_password', 'password'],
  SRP_PASSWORD_CHANGED: [
    'The 2FA password was changed meanwhile: send it again',
    'password_changed',
    'password',
  ],
  API_ID_INVALID: [
    'Telegram refused api_id and api_hash: compare them with my.telegram.org',
    'application_refused',
    'api_id',
  ],
  API_ID_PUBLISHED_FLOOD: [
    'Telegram refused api_id: it has been published; get your own from my.telegram.org',
    'application_refused',
    'api_id',
  ],
  SEND_CODE_UNAVAILABLE: ['Telegram has no other way to send this code', 'no_other_code_type'],
  PHONE_PASSWORD_PROTECTED: [
    'Telegram requires the account to be recovered first',
    'account_recovery_required',
  ],
};

const FLOODED: ReadonlySet<string> = new Set(['PHONE_NUMBER_FLOOD', 'PHONE_PASSWORD_FLOOD']);

/** Telegram's error as reported to a login's caller; any other error unchanged. */
export function loginRefusal(error: unknown): unknown {
  if (!(error instanceof TelegramRefused)) return error;
  const { telegramError } = error;
  const refusal = REFUSALS[telegramError];
  if (refusal !== undefined) {
    const [message, code, field] = refusal;
    return new BadRequest(message, { code, ...(field !== undefined && { field }) });
  }
  if (!FLOODED.has(telegramError)) return error;
  const words = 'Telegram refuses more logins of this phone number for now';
  return new TooMany(
    { error: 'flood_wait', message: words, telegram_error: telegramError, wait_seconds: PHONE_FLOOD_SECONDS },
    PHONE_FLOOD_SECONDS,
  );
}

const SHARED: Readonly<Record<Taken['kind'], string>> = {
  name_taken: 'name',
  phone_taken: 'phone number',
  auth_key_taken: 'auth key',
};

/** The error for a name, phone number or auth key that belongs to another session or login. */
export function conflictError({ kind, sessionId, sessionName }: Taken): TeleGateError {
  return new Conflict({
    error: kind,
    message: `This ${SHARED[kind]} is taken by ${sessionName}`,
    session_id: sessionId,
    session_name: sessionName,
  });
}

/** The error for a login that could not be stored. */
export function notAdded(outcome: Exclude<AddOutcome, { kind: 'added' }>): TeleGateError {
  if (outcome.kind !== 'too_many') return conflictError(outcome);
  return new Unavailable({ error: 'too_many_logins', message: 'Too many logins are pending' }, 60);
}

/** The phone number with `+`. @throws BadRequest if it is invalid. */
export function parsePhoneNumber(text: string): string {
  const phoneNumber = normalizePhoneNumber(text);
  if (phoneNumber === null)
    throw new BadRequest('Invalid phone number', { code: 'invalid_phone_number', field: 'phone_number' });
  return phoneNumber;
}

/** The code without the spaces and dashes that it is often shown with. @throws BadRequest if it is invalid. */
export function parseCode(text: string): string {
  const code = text.replace(/[\s-]/g, '');
  if (!/^[\p{L}\d]{1,32}$/u.test(code))
    throw new BadRequest('Invalid OTP code', { code: 'invalid_otp_code', field: 'code' });
  return code;
}
