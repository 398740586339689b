import { copy } from './copy.js';
import { openDialog } from './dialogs.js';
import { button, el } from './dom.js';
import { say } from './messages.js';

/** Shows a new key until the dialog is closed: the service can't show it again. */
export function showNewKey({ key, name, role }) {
  const shown = el('input', {
    id: 'new-key',
    class: 'code',
    readonly: true,
    value: key,
    spellcheck: 'false',
  });
  const dialog = el(
    'dialog',
    { class: 'ask', 'aria-labelledby': 'new-key-title' },
    el('h2', { id: 'new-key-title' }, 'New API key'),
    el('p', {}, el('bdi', {}, name), `, ${role}. Copy it now; it will not be shown again.`),
    el('div', { class: 'field' }, el('label', { for: 'new-key' }, 'API key'), shown),
    el(
      'div',
      { class: 'actions' },
      button('I have saved the key', () => dialog.close()),
      button('Copy', () => copyKey(shown), 'primary', { autofocus: true }),
    ),
  );
  // Escape is too easily pressed by accident for a key that can't be shown again.
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  return new Promise((resolve) => {
    openDialog(dialog, () => {
      dialog.remove();
      resolve();
    });
  });
}

async function copyKey(field) {
  if (await copy(field.value, field)) return say('Copied');
  field.select();
  say('The key is selected: press Ctrl+C to copy it');
}
