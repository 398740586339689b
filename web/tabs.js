import { el } from './dom.js';

/** The steps of the arrow keys, from the current tab. */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * Tabs, one of which is open. The others keep their content.
 *
 * @param {string} label what they are tabs of
 * @param {{ label: string, element: HTMLElement, show?(): void }[]} parts `show`: called when it is opened
 * @returns {HTMLElement[]} the row of tabs, and their panels
 */
export function tabs(label, parts) {
  const heads = parts.map((part, at) =>
    el(
      'button',
      { type: 'button', role: 'tab', id: `tab-${at}`, 'aria-controls': `tab-panel-${at}` },
      part.label,
    ),
  );
  const panels = parts.map(({ element }, at) =>
    el('div', { role: 'tabpanel', id: `tab-panel-${at}`, 'aria-labelledby': `tab-${at}` }, element),
  );

  function open(wanted) {
    for (const [at, head] of heads.entries()) {
      head.setAttribute('aria-selected', String(at === wanted));
      head.tabIndex = at === wanted ? 0 : -1;
      panels[at].hidden = at !== wanted;
    }
    parts[wanted].show?.();
  }

  for (const [at, head] of heads.entries()) head.addEventListener('click', () => open(at));
  const row = el('div', { class: 'tabs', role: 'tablist', 'aria-label': label }, heads);
  row.addEventListener('keydown', ({ key }) => {
    const step = STEPS[key];
    if (!step) return;
    const next = (heads.indexOf(document.activeElement) + step + heads.length) % heads.length;
    open(next);
    heads[next].focus();
  });
  open(0);
  return [row, ...panels];
}
