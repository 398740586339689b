import { el } from './dom.js';

/**
 * Puts text into the clipboard. Over plain HTTP browsers keep the clipboard to themselves, but for the old way,
 * which copies what is selected.
 *
 * @param {string} text
 * @param {HTMLElement} beside an element of the dialog or page that is on top: nothing else can be selected
 * @returns {Promise<boolean>} whether it is there
 */
export async function copy(text, beside) {
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  return copied || copySelected(text, beside);
}

function copySelected(text, beside) {
  const focused = document.activeElement;
  const field = el('textarea', { class: 'unseen', 'aria-hidden': 'true', tabindex: -1 });
  field.value = text;
  beside.after(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}
