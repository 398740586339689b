import { el } from './dom.js';

/**
 * A field with its label and hint; screen readers read both.
 *
 * @param {Field} field
 * @typedef {{ name: string, label: string, hint?: unknown, options?: (string | [string, string])[], rows?: number,
 *   id?: string } & Record<string, unknown>} Field `options`: values, or values with labels; `rows`: makes
 *   it a text area; `id`: needed if a name is on the page twice
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
