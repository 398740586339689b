import { ask } from './ask.js';

/**
 * Leaves, but not over the head of somebody who is in the middle of something.
 *
 * @param {(string | null | false)[]} lost what would be lost by it, in words
 * @param {() => void} leave
 */
export async function leaveAsking(lost, leave) {
  const text = lost.filter(Boolean);
  const question = { title: 'Stop here?', text, confirm: 'Stop', cancel: 'Go on', danger: true };
  if (text.length === 0 || (await ask({ ...question, run: async () => undefined }))) leave();
}

/**
 * Has Escape ask before it closes the dialog.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => unknown} leave
 */
export function holdOnEscape(dialog, leave) {
  const hold = (event) => {
    event.preventDefault();
    void leave();
  };
  // `cancel` alone would not do: of two in a row the browser carries out the second, whatever a page says.
  dialog.addEventListener('keydown', (event) => event.key === 'Escape' && hold(event));
  // A file picker that is cancelled says so too, and it bubbles.
  dialog.addEventListener('cancel', (event) => event.target === dialog && hold(event));
}
