import { byId, el } from './dom.js';

const place = byId('messages');

const SHOWN_MS = 4000;
const MOST = 4;

/** Says that something was done; it goes by itself. */
export function say(text) {
  show(text, 'done');
}

/** Says that something failed, in the service's words. An aborted request is not a failure. */
export function complain(error) {
  if (error?.name !== 'AbortError') show(error instanceof Error ? error.message : String(error), 'failed');
}

/** Runs something that was asked for by hand; what goes wrong is said, not thrown. */
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
  // One thing done pushes out the one before; a failure stays until somebody has read it.
  for (const done of place.querySelectorAll('.done')) done.remove();
  place.append(message);
  while (place.childElementCount > MOST) place.firstElementChild?.remove();
  if (kind === 'done') setTimeout(gone, SHOWN_MS);
}
