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

/** What the console says in its own words, by the error's code. */
const OWN_WORDS = {
  temp_session_not_found: { text: 'This login has expired or was cancelled.', over: true },
  application_required: {
    field: 'api_id',
    text: 'The service has no application configured: enter one here, or set TELEGRAM_API_ID and TELEGRAM_API_HASH.',
  },
};

/** The fields of forms that ask for what an error is about, where the error does not name its field. */
const FIELDS = { session_not_found: 'session_id' };

/** Conflicts with an existing session: the text, and the field. */
const TAKEN = {
  name_taken: ['This name is taken by', 'session_name'],
  phone_taken: ['This phone number already has a session:', 'phone_number'],
  auth_key_taken: ['This session is already in the pool:', 'session_string'],
};

/** Turns an error into problems. @returns {Problem[]} */
export function problemsOf(error) {
  if (!(error instanceof ApiError)) return [{ text: `${error.message}.`, again: true }];
  const { code, field = FIELDS[code], detail } = error;
  if (Array.isArray(detail)) return detail.map(misfit);
  if (OWN_WORDS[code]) return [OWN_WORDS[code]];
  if (typeof detail === 'string') return [{ field, text: sentence(withoutField(detail, field)) }];
  return [withFacts(error)];
}

function misfit({ loc, msg }) {
  return { field: String(loc[1] ?? ''), text: sentence(msg) };
}

/** A text may begin with the name of the field that it is shown at. */
function withoutField(text, field) {
  return text.startsWith(`${field}: `) ? text.slice(field.length + 2) : text;
}

function withFacts({ status, code, field, message, detail, retryAfter }) {
  if (code === 'flood_wait' && retryAfter !== null) {
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
  const [words, place = field] = TAKEN[code] ?? [];
  const session = sessionOf(detail);
  if (words && session) return { text: words, field: place, session };
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
