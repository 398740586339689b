import { el } from './dom.js';

/**
 * A group of radio buttons.
 *
 * @param {object} choices
 * @param {string} choices.name
 * @param {string} choices.legend
 * @param {[value: string, label: string, hint?: string][]} choices.options
 * @param {string} choices.value the initial choice
 * @param {(value: string) => void} choices.onChoice called for each choice, including the initial one
 */
export function choices({ name, legend, options, value: first, onChoice }) {
  const choose = ({ target }) => onChoice(target.value);
  const element = el(
    'fieldset',
    { class: 'choices', onchange: choose },
    el('legend', {}, legend),
    options.map(([value, label, hint]) =>
      el(
        'label',
        { class: 'choice' },
        el('input', { type: 'radio', name, value, checked: value === first }),
        el('span', {}, label, hint && el('span', { class: 'muted small' }, hint)),
      ),
    ),
  );
  onChoice(first);
  return element;
}
