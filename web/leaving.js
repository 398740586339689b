import { ask } from './ask.js';

/**
 * Leaves, but asks first if something would be lost.
 *
 * @param {(Loss | null | false)[]} losses the first one names the question
 * @param {() => void} leave
 * @typedef {{ title: string, text: string, confirm: string }} Loss `confirm`: the button that accepts it
 */
export async function leaveAsking(losses, leave) {
  const lost = losses.filter(Boolean);
  const text = lost.map((loss) => loss.text);
  const question = { ...lost[0], text, cancel: 'Go back', danger: true };
  if (lost.length === 0 || (await ask({ ...question, run: async () => undefined }))) leave();
}

/**
 * Makes Escape call `leave` instead of closing the dialog.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => unknown} leave
 */
export function holdOnEscape(dialog, leave) {
  const hold = (event) => {
    event.preventDefault();
    void leave();
  };
  // The `cancel` event alone is not enough: a browser does not let a page prevent the second of two in a row.
  dialog.addEventListener('keydown', (event) => event.key === 'Escape' && hold(event));
  // A cancelled file picker fires `cancel` as well, and that bubbles.
  dialog.addEventListener('cancel', (event) => event.target === dialog && hold(event));
}
