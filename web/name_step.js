import { el } from './dom.js';
import { showProblems } from './form_problems.js';
import { labelled } from './labelled.js';
import { stepForm } from './step_form.js';

/**
 * Asks for another name for a completed login whose name is taken.
 *
 * @param {Error} error the one that says so
 * @param {(name: string) => Promise<unknown>} save
 * @param {{ others: HTMLElement[], ways: object }} around
 */
export function nameStep(error, save, around) {
  const form = stepForm({
    label: 'Choose another name',
    content: [
      el('p', { role: 'status' }, 'The account is signed in. Choose a name to save it.'),
      labelled({
        name: 'name',
        id: 'login-other-name',
        label: 'Session name',
        required: true,
        maxlength: 120,
        spellcheck: 'false',
        value: error.detail.session_name ?? '',
      }),
    ],
    confirm: 'Save',
    progress: 'Saving…',
    run: ({ name }) => save(name.trim()),
    ...around,
  });
  // Deferred until the form is on the page, where its field can be focused.
  queueMicrotask(() => showProblems(form, error, around.ways));
  return form;
}
