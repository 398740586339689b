import { el } from './dom.js';
import { problemNotes } from './form_problems.js';
import { stateLabel } from './states.js';

/** Errors that mean that Telegram was not asked. */
const NOT_ASKED = {
  session_in_use: [
    'busy',
    'In use',
    'A worker is using it, and Telegram must not see it in two places. Test it again once it is released.',
  ],
  session_unavailable: ['off', 'Not tested', 'It is not available in the pool.'],
};

/**
 * Asks Telegram whether a session is valid, and shows the answer.
 *
 * @param {object} api
 * @param {{ id: number }} session
 * @param {(...parts: unknown[]) => void} show replaces what was shown before
 * @param {() => unknown} again repeats the test
 */
export async function testSession(api, { id }, show, again) {
  show(el('p', { class: 'muted' }, 'Asking Telegram…'));
  try {
    const { is_valid: isValid, status, error } = await api.send('POST', `/sessions/${id}/test`);
    if (isValid) show(verdict('good', 'Valid', 'Telegram accepts this session.'));
    else show(verdict('bad', 'Not valid', reason(status, error)));
  } catch (error) {
    const known = NOT_ASKED[error.code];
    if (known) show(verdict(...known));
    else show(problemNotes(error, again));
  }
}

function verdict(tone, label, text) {
  return el('p', { class: 'verdict' }, el('span', { class: `badge ${tone}` }, label), ' ', text);
}

function reason(status, error) {
  const label = stateLabel(status);
  return error && error !== status ? `${label}: ${error}` : label;
}
