import { el } from './dom.js';
import { STATES } from './states.js';
import { onceQuietFor } from './throttle.js';

const QUIET_MS = 250;

/**
 * The search box and the state filter.
 *
 * @param {() => void} onChange
 * @returns {{ element: HTMLElement, wanted: { text: string, state: string } | null }} `wanted`: null if
 *   there is no filter
 */
export function createSessionsFilter(onChange) {
  const text = el('input', {
    id: 'session-search',
    type: 'search',
    placeholder: 'Name, phone, tag or id',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const options = Object.entries(STATES).map(([state, { label }]) => el('option', { value: state }, label));
  const state = el('select', { id: 'session-state' }, el('option', { value: '' }, 'Any state'), options);
  const changed = onceQuietFor(QUIET_MS, onChange);
  text.addEventListener('input', changed);
  state.addEventListener('change', onChange);
  const element = el(
    'form',
    { class: 'filter', role: 'search' },
    el('div', { class: 'field grow' }, el('label', { for: 'session-search' }, 'Search'), text),
    el('div', { class: 'field' }, el('label', { for: 'session-state' }, 'State'), state),
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    onChange();
  });
  return {
    element,
    get wanted() {
      return text.value.trim() || state.value ? { text: text.value, state: state.value } : null;
    },
  };
}
