import { openDialog } from './dialogs.js';
import { button, el, whileBusy } from './dom.js';
import { clearProblems, problemsPlace, showProblems } from './form_problems.js';
import { labelled } from './labelled.js';

/**
 * Asks in a dialog and does what was decided. The dialog stays until the work is done, and says in the
 * service's words why it could not be.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {unknown[]} [question.text] what will come of it
 * @param {import('./labelled.js').Field[]} [question.fields] what must be known first
 * @param {string} question.confirm the button that goes ahead, named after what it does
 * @param {string} [question.progress] what it says while it goes ahead
 * @param {string} [question.cancel] the button that leaves everything as it is
 * @param {boolean} [question.danger] it can't be taken back
 * @param {(values: Record<string, string>) => Promise<unknown>} question.run
 * @returns {Promise<boolean>} whether it was done
 */
export function ask(question) {
  const {
    title,
    text = [],
    fields = [],
    confirm,
    cancel = 'Cancel',
    progress,
    danger = false,
    run,
  } = question;
  const dialog = el('dialog', { class: 'ask', 'aria-labelledby': 'ask-title' });
  const submit = el('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, confirm);
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'ask-title' }, title),
    text.map((part) => (part instanceof Node ? part : el('p', {}, part))),
    fields.map(labelled),
    problemsPlace(),
    el(
      'div',
      { class: 'actions' },
      button(cancel, () => dialog.close(), '', { autofocus: fields.length === 0 }),
      submit,
    ),
  );
  dialog.append(form);
  return new Promise((resolve) => {
    let done = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      void whileBusy(
        submit,
        async () => {
          try {
            clearProblems(form);
            await run(values);
            done = true;
            dialog.close();
          } catch (error) {
            showProblems(form, error);
          }
        },
        progress,
      );
    });
    openDialog(dialog, () => {
      dialog.remove();
      resolve(done);
    });
  });
}
