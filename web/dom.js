/**
 * Creates an element. Strings become text, never markup: names come from file names, which anybody may choose.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `onclick` and the like add a listener; true sets an empty
 *   attribute; false, null and undefined set none.
 * @param {...unknown} children elements, texts, or lists of them; null, undefined and false are left out
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Replaces the children of an element. */
export function fill(element, ...children) {
  const present = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...present.map((child) => (child instanceof Node ? child : String(child))));
}

/** Like `fill`, but keeps the focus on the same button or link. */
export function refill(element, ...children) {
  const focused = [...element.querySelectorAll('button, a')].indexOf(document.activeElement);
  fill(element, ...children);
  if (focused >= 0) element.querySelectorAll('button, a')[focused]?.focus();
}

/** The element with this id. @throws Error if there is none. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/** The text of an empty cell; hidden on narrow screens. */
export const NOTHING = '–';

/** A user-defined name, isolated so that right-to-left text does not affect its surroundings. */
export function nameText(name) {
  return el('bdi', { class: 'name' }, name);
}

/** A button; `kind`: `primary`, `danger`, `quiet` or empty. */
export function button(label, onclick, kind = '', attributes = {}) {
  return el('button', { type: 'button', class: kind, onclick, ...attributes }, label);
}

/** Shown instead of an empty list: what that means, and what to do next. */
export function emptyState(title, ...next) {
  return el('div', { class: 'empty card' }, el('h3', {}, title), ...next);
}

/** Runs `work` while the button is busy, so that it can't be pressed twice; `progress`: its label meanwhile. */
export async function whileBusy(element, work, progress = null) {
  if (element.getAttribute('aria-busy') === 'true') return;
  const label = [...element.childNodes];
  element.setAttribute('aria-busy', 'true');
  if (progress !== null) {
    // A button that shrinks would move its neighbours under the pointer.
    element.style.minWidth = `${element.offsetWidth}px`;
    element.replaceChildren(progress);
  }
  try {
    await work();
  } finally {
    element.removeAttribute('aria-busy');
    if (progress !== null) element.replaceChildren(...label);
    element.style.minWidth = '';
  }
}
