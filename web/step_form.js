import { el, whileBusy } from './dom.js';
import { clearProblems, problemsPlace, showProblems } from './form_problems.js';

/**
 * A form with one action. It can't be submitted twice, keeps its input, and shows errors at their fields.
 *
 * @param {object} step
 * @param {string} [step.label] its name, if its surroundings do not give it one
 * @param {unknown[]} step.content elements, or lists of them
 * @param {string} step.confirm the label of the submit button, named after what it does
 * @param {string} step.progress its label while the action runs
 * @param {HTMLElement[]} [step.others] buttons before that one; disabled while the action runs, except `.cancel`
 * @param {(values: Record<string, string>) => Promise<unknown>} step.run
 * @param {{ openSession?(id: number): void, beginAgain?(): void }} [step.ways] to resolve a problem
 */
export function stepForm({ label = null, content, confirm, progress, others = [], run, ways = {} }) {
  const submit = el('button', { type: 'submit', class: 'primary' }, confirm);
  const form = el(
    'form',
    { class: 'step', 'aria-label': label },
    content.flat(),
    problemsPlace(),
    el('div', { class: 'actions' }, others, submit),
  );
  const go = async () => {
    clearProblems(form);
    const waiting = [...form.querySelectorAll('button:enabled:not(.cancel)')].filter((it) => it !== submit);
    for (const button of waiting) button.disabled = true;
    try {
      await run(Object.fromEntries(new FormData(form)));
    } catch (error) {
      showProblems(form, error, ways);
    } finally {
      for (const button of waiting) button.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void whileBusy(submit, go, progress);
  });
  return form;
}

/** Focuses the first field of a step. */
export function focusFirst(form) {
  form.querySelector('input:not([readonly]):not([type="file"]), textarea')?.focus();
}
