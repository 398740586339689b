import { button, el, fill, nameText } from './dom.js';
import { problemsOf } from './problems.js';

/** Other names of the same field. */
const ALSO = { name: 'session_name', session_name: 'name' };

/** The place in a form for problems that belong to none of its fields. */
export function problemsPlace() {
  return el('div', { class: 'problems', role: 'alert' });
}

/**
 * Shows an error in a form: at the fields it is about, the rest in the `problemsPlace`. The input is kept, and the first
 * invalid field gets the focus.
 *
 * @param {HTMLFormElement} form
 * @param {unknown} error
 * @param {{ openSession?(id: number): void, beginAgain?(): void }} [ways] to resolve it
 */
export function showProblems(form, error, ways = {}) {
  clearProblems(form);
  const inputs = problemsOf(error).map((problem) => {
    const input = inputOf(form, problem.field);
    if (input) atField(input, problem, ways);
    else form.querySelector('.problems').append(said(problem, ways));
    return input;
  });
  const first = inputs.find(Boolean);
  first?.focus();
  first?.select?.();
}

/** Removes all problems from the form. */
export function clearProblems(form) {
  fill(form.querySelector('.problems'));
  for (const problem of form.querySelectorAll('.field .problem')) problem.remove();
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    describe(input, (ids) => ids.filter((id) => id !== problemId(input)));
  }
}

/** An error outside of a form. `again`: retries. */
export function problemNotes(error, again, ways = {}) {
  return problemsOf(error).map((problem) => said(problem, { ...ways, again }));
}

function inputOf(form, name) {
  if (!name) return null;
  const input = form.elements.namedItem(name) ?? form.elements.namedItem(ALSO[name] ?? name);
  return input instanceof HTMLElement && input.closest('.field') && !input.closest('[hidden]') ? input : null;
}

function atField(input, problem, ways) {
  input.closest('details')?.setAttribute('open', '');
  const id = problemId(input);
  document.getElementById(id)?.remove();
  input.closest('.field').append(said(problem, ways, { id, role: 'alert' }));
  input.setAttribute('aria-invalid', 'true');
  describe(input, (ids) => [...ids, id]);
}

function said({ text, session, again, over }, ways, attributes = {}) {
  const name = session && nameText(session.name);
  const { openSession, beginAgain } = ways;
  return el(
    'p',
    { class: 'error problem', ...attributes },
    text,
    session && ' ',
    session && (openSession ? button(name, () => openSession(session.id), 'link') : name),
    again && [' ', tryAgain(ways.again)],
    over && beginAgain && [' ', button('Start over', beginAgain)],
  );
}

/** Without `again`, it submits the form again. */
function tryAgain(again) {
  return again ? button('Try again', again) : el('button', { type: 'submit' }, 'Try again');
}

function problemId(input) {
  return `${input.id}-problem`;
}

function describe(input, change) {
  const ids = (input.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean);
  const changed = change(ids).join(' ');
  if (changed) input.setAttribute('aria-describedby', changed);
  else input.removeAttribute('aria-describedby');
}
