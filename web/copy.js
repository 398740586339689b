import { el } from './dom.js';

/**
 * Copies text to the clipboard. Over plain HTTP, browsers deny access to it; the fallback is the deprecated command that
 * copies the selection.
 *
 * @param {string} text
 * @param {HTMLElement} beside an element of the topmost dialog or page: nothing else can be selected
 * @returns {Promise<boolean>} whether it was copied
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
