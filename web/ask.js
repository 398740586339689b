import { openDialog } from './dialogs.js';
import { button, el, whileBusy } from './dom.js';

/**
 * Asks in a dialog and does what was decided. The dialog stays until the work is done, and says in the
 * service's words why it could not be.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {unknown[]} [question.text] what will come of it
 * @param {Field[]} [question.fields] what must be known first
 * @param {string} question.confirm the button that goes ahead, named after what it does
 * @param {boolean} [question.danger] it can't be taken back
 * @param {(values: Record<string, string>) => Promise<unknown>} question.run
 * @returns {Promise<boolean>} whether it was done
 *
 * @typedef {{ name: string, label: string, hint?: string, options?: string[] } & Record<string, unknown>} Field
 */
export function ask({ title, text = [], fields = [], confirm, danger = false, run }) {
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const dialog = el('dialog', { class: 'ask', 'aria-labelledby': 'ask-title' });
  const submit = el('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, confirm);
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'ask-title' }, title),
    text.map((part) => (part instanceof Node ? part : el('p', {}, part))),
    fields.map(labelled),
    error,
    el(
      'div',
      { class: 'actions' },
      button('Cancel', () => dialog.close(), '', { autofocus: fields.length === 0 }),
      submit,
    ),
  );
  dialog.append(form);
  return new Promise((resolve) => {
    let done = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      void whileBusy(submit, async () => {
        try {
          error.hidden = true;
          await run(values);
          done = true;
          dialog.close();
        } catch (failure) {
          error.textContent = failure.message;
          error.hidden = false;
        }
      });
    });
    openDialog(dialog, () => {
      dialog.remove();
      resolve(done);
    });
  });
}

/** A field under its label, with its hint read out along with it. */
export function labelled({ label, hint, options, ...attributes }) {
  const id = `field-${attributes.name}`;
  const hinted = hint ? { 'aria-describedby': `${id}-hint` } : {};
  const input = options
    ? el(
        'select',
        { id, ...hinted, ...attributes },
        options.map((option) => el('option', {}, option)),
      )
    : el('input', { id, autocomplete: 'off', ...hinted, ...attributes });
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    input,
    hint && el('p', { id: `${id}-hint`, class: 'muted small' }, hint),
  );
}
