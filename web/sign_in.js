import { Api, ApiError } from './api.js';
import { byId, whileBusy } from './dom.js';
import { findRole } from './roles.js';

const STORED = 'telegate.api-key';

/** The key of this tab; null: not signed in. */
export function storedKey() {
  return sessionStorage.getItem(STORED);
}

/** Forgets the key. */
export function forgetKey() {
  sessionStorage.removeItem(STORED);
}

/**
 * Shows the sign-in form until a key is accepted. The key is stored in this tab only.
 *
 * @param {(key: string, role: string) => void} onSignedIn
 * @param {string | null} [reason] why the user has to sign in again
 */
export function showSignIn(onSignedIn, reason = null) {
  const input = byId('api-key');
  const form = byId('sign-in-form');
  // A key that could not be checked because the service was unreachable can be tried again.
  input.value = storedKey() ?? '';
  showError(reason);
  byId('sign-in').hidden = false;
  input.focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    void whileBusy(form.querySelector('button'), async () => {
      const { role, problem } = await tryKey(key);
      showError(problem);
      if (!role) return input.select();
      input.value = '';
      sessionStorage.setItem(STORED, key);
      byId('sign-in').hidden = true;
      onSignedIn(key, role);
    });
  };
}

/** The role of a key, or what is wrong with the key. */
export async function tryKey(key) {
  // Other characters can't be sent in a header.
  if (!/^[\x21-\x7e]+$/.test(key))
    return {
      role: null,
      problem: 'A key consists of visible ASCII characters, without spaces.',
      refused: true,
    };
  try {
    return { role: await findRole(new Api(key)), problem: null, refused: false };
  } catch (error) {
    return { role: null, problem: explain(error), refused: error.keyRefused === true };
  }
}

function explain(error) {
  if (!(error instanceof ApiError)) return `${error.message}. Is it running?`;
  if (error.status === 401) return `${error.message}.`;
  if (error.status === 403) return `${error.message}. It is unknown, expired or revoked.`;
  if (error.status === 429) return `${error.message}. Try again in ${error.retryAfter ?? 60} seconds.`;
  return error.message;
}

function showError(text) {
  const place = byId('sign-in-error');
  place.textContent = text ?? '';
  place.hidden = !text;
}
