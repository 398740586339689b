import { byId, el } from './dom.js';

const place = byId('messages');

const SHOWN_MS = 4000;
const MOST = 4;

/** Shows that something succeeded; the message disappears by itself. */
export function say(text) {
  show(text, 'done');
}

/** Shows the service's error. An aborted request is not an error. */
export function complain(error) {
  if (error?.name !== 'AbortError') show(error instanceof Error ? error.message : String(error), 'failed');
}

/** Runs a user's action; errors are shown, not thrown. */
export async function attempt(work) {
  try {
    await work();
  } catch (error) {
    complain(error);
  }
}

function show(text, kind) {
  const close = el('button', { type: 'button', class: 'quiet', 'aria-label': 'Dismiss' }, '×');
  const message = el('div', { class: `message ${kind}` }, el('span', {}, text), close);
  const gone = () => message.remove();
  close.addEventListener('click', gone);
  // A success replaces the one before; an error stays until it is dismissed.
  for (const done of place.querySelectorAll('.done')) done.remove();
  place.append(message);
  while (place.childElementCount > MOST) place.firstElementChild?.remove();
  if (kind === 'done') setTimeout(gone, SHOWN_MS);
}
