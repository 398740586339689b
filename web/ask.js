import { openDialog } from './dialogs.js';
import { button, el, whileBusy } from './dom.js';
import { clearProblems, problemsPlace, showProblems } from './form_problems.js';
import { labelled } from './labelled.js';

/**
 * Asks in a dialog, then runs the action. The dialog stays open until the action has succeeded, and shows the service's
 * error otherwise.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {unknown[]} [question.text] the consequences
 * @param {import('./labelled.js').Field[]} [question.fields] the input that is needed
 * @param {string} question.confirm the label of the confirm button, named after what it does
 * @param {string} [question.progress] its label while the action runs
 * @param {string} [question.cancel] the label of the cancel button
 * @param {boolean} [question.danger] whether the action can't be undone
 * @param {(values: Record<string, string>) => Promise<unknown>} question.run
 * @returns {Promise<boolean>} whether the action was done
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
