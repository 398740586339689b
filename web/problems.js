import { ApiError } from './api.js';
import { duration } from './time.js';

/**
 * A problem as it is shown to the user.
 *
 * @typedef {object} Problem
 * @property {string} text
 * @property {string} [field] the field that it is about, by its API name
 * @property {{ id: number, name: string }} [session] the conflicting session
 * @property {boolean} [again] whether a retry may succeed
 * @property {boolean} [over] whether the user has to start over
 */

/** Patterns that tell which field a plain text error is about. */
const ABOUT = [
  [/phone number/, 'phone_number'],
  [/OTP code/, 'code'],
  [/2FA password/, 'password'],
  [/^api_hash/, 'api_hash'],
  [/api_id/, 'api_id'],
  [/session string|this session/, 'session_string'],
  [/^Session (?:required|not found)/, 'session_id'],
];

/** A plain text error may start with the name of its field. */
const NAMED =
  /^(session_string|session_file|phone_number|api_id|api_hash|identifier|target|target_path|file_types|schedule): /;

/** The fields of errors with a code. */
const FIELDS = { too_many_schedules: 'schedule' };

/** Conflicts with an existing session: the text, and the field. */
const TAKEN = {
  name_taken: ['This name is taken by', 'session_name'],
  phone_taken: ['This phone number already has a session:', 'phone_number'],
  auth_key_taken: ['This session is already in the pool:', 'session_string'],
};

/** Turns an error into problems. @returns {Problem[]} */
export function problemsOf(error) {
  if (!(error instanceof ApiError)) return [{ text: `${error.message}.`, again: true }];
  const { status, detail } = error;
  if (status === 422 && Array.isArray(detail)) return detail.map(misfit);
  if (typeof detail === 'string') return [inPlainWords(status, detail)];
  return [byCode(error)];
}

function misfit({ loc, msg }) {
  return { field: String(loc[1] ?? ''), text: sentence(msg) };
}

function inPlainWords(status, detail) {
  if (status === 404 && detail.startsWith('Temp session'))
    return { text: 'This login has expired or was cancelled.', over: true };
  if (detail.startsWith('api_id and api_hash are needed'))
    return {
      field: 'api_id',
      text: 'The service has no application configured: enter one here, or set TELEGRAM_API_ID and TELEGRAM_API_HASH.',
    };
  const field = NAMED.exec(detail)?.[1] ?? ABOUT.find(([words]) => words.test(detail))?.[1];
  return { field, text: sentence(detail.replace(NAMED, '')) };
}

function byCode({ status, message, detail, retryAfter }) {
  if (detail?.error === 'flood_wait' && retryAfter !== null) {
    const wait = duration(retryAfter);
    const text = detail.telegram_error
      ? `Telegram asks to wait ${wait}.`
      : `This session is in a flood wait for another ${wait}.`;
    return { text };
  }
  if (status === 502 || status === 504) {
    const said = detail?.telegram_error;
    const what = said ? `Telegram returned ${said}` : 'Telegram did not answer';
    return { text: `${what}; nothing was changed.`, again: true };
  }
  const [words, field = FIELDS[detail?.error]] = TAKEN[detail?.error] ?? [];
  const session = sessionOf(detail);
  if (words && session) return { text: words, field, session };
  return { text: detail?.message ? ended(detail.message) : message, field, again: status === 503 };
}

function sessionOf(detail) {
  return typeof detail?.session_id === 'number'
    ? { id: detail.session_id, name: detail.session_name ?? `#${detail.session_id}` }
    : undefined;
}

function ended(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Capitalises the first word, unless it is a name such as `api_id`. */
function sentence(text) {
  return ended(text).replace(/^[a-z](?=[a-z]*\b)/, (letter) => letter.toUpperCase());
}
