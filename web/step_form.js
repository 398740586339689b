import { el, whileBusy } from './dom.js';
import { clearProblems, problemsPlace, showProblems } from './form_problems.js';

/**
 * A form that does one thing. It can't be sent twice, keeps what was typed, and says where something was wrong.
 *
 * @param {object} step
 * @param {string} [step.label] what it is, where what it stands in does not say so
 * @param {unknown[]} step.content elements, or lists of them
 * @param {string} step.confirm the button that goes ahead, named after what it does
 * @param {string} step.progress what it says while it goes ahead
 * @param {HTMLElement[]} [step.others] further buttons, before that one; they wait for it, but for `.cancel`
 * @param {(values: Record<string, string>) => Promise<unknown>} step.run
 * @param {{ openSession?(id: number): void, beginAgain?(): void }} [step.ways] that lead out of a problem
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

/** Puts the cursor where a step begins. */
export function focusFirst(form) {
  form.querySelector('input:not([readonly]):not([type="file"]), textarea')?.focus();
}
