import { button, fill, whileBusy } from './dom.js';
import { attempt } from './messages.js';

/**
 * Buttons for the actions that are possible now. They are replaced only if the actions change, so that a refresh does
 * not move the focus.
 *
 * @param {HTMLElement} place
 * @returns {(actions: { label: string, kind?: string, progress?: string, disabled?: boolean,
 *   run?(): Promise<unknown> }[]) => void}
 */
export function createActionButtons(place) {
  let shown = '';
  let current = [];

  function made({ label, kind, progress = null, disabled = false }, at) {
    const it = button(label, () => attempt(() => whileBusy(it, () => current[at].run(), progress)), kind, {
      disabled,
    });
    return it;
  }

  return (actions) => {
    current = actions;
    const labels = actions.map(({ label }) => label).join();
    if (labels === shown) return;
    shown = labels;
    const focused = [...place.children].indexOf(document.activeElement);
    fill(place, actions.map(made));
    if (focused >= 0) (place.children[focused] ?? place.firstElementChild)?.focus();
  };
}
