import { el } from './dom.js';

/**
 * A field under its label, with its hint read out along with it.
 *
 * @param {Field} field
 * @typedef {{ name: string, label: string, hint?: unknown, options?: (string | [string, string])[], rows?: number,
 *   id?: string } & Record<string, unknown>} Field `options`: what may be chosen, or that and what it is called;
 *   `rows`: it has several lines; `id`: where a name is on the page twice
 */
export function labelled({ label, hint, options, rows, name, id = `field-${name}`, ...rest }) {
  const hinted = hint ? { 'aria-describedby': `${id}-hint` } : {};
  const attributes = { id, name, ...hinted, ...rest };
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    control(attributes, options, rows),
    hint && el('p', { id: `${id}-hint`, class: 'muted small' }, hint),
  );
}

function control(attributes, options, rows) {
  if (options) {
    const choices = options.map((option) => [option].flat());
    return el(
      'select',
      attributes,
      choices.map(([value, called = value]) => el('option', { value }, called)),
    );
  }
  const typed = { autocomplete: 'off', ...attributes };
  return rows ? el('textarea', { rows, ...typed }) : el('input', typed);
}
